import { z } from 'zod';

/** The id of a tenant: a name for machines, as it stands in events, rows and derived ids. */
export const tenantIdSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    message: 'expected 1 to 63 of a-z, 0-9 and dashes, no dash first or last',
  })
  .brand<'TenantId'>();
/** A string that was checked as a tenant's id. Only `tenantIdSchema` makes one. */
export type TenantId = z.infer<typeof tenantIdSchema>;

/**
 * The tenant of the administrator and of the server's own streams (executors, schedulers). A server that knows no other
 * tenant writes everything under it. No other file spells this name.
 */
export const defaultTenant: TenantId = tenantIdSchema.parse('default');
