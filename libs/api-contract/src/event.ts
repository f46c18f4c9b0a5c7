import { z } from 'zod';
import { limitSchema, pageOf } from './paging.ts';

/** An event as the API shows it. `data` depends on type and schemaVersion: see the catalog of events. */
export const eventSchema = z.object({
  position: z.number().int(),
  id: z.string(),
  type: z.string(),
  schemaVersion: z.number().int(),
  stream: z.string(),
  version: z.number().int(),
  time: z.iso.datetime({ precision: 3 }),
  tenant: z.string(),
  actor: z.string(),
  correlationId: z.string().nullable(),
  causationId: z.string().nullable(),
  commandId: z.string().nullable(),
  traceparent: z.string().nullable(),
  data: z.unknown(),
});
export type EventDto = z.infer<typeof eventSchema>;
export const eventPageSchema = pageOf(eventSchema);

const typesSchema = z
  .string()
  .max(2000)
  .transform((text) => text.split(',').filter((type) => type !== ''))
  .optional();

export const listEventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: limitSchema,
  /** Comma-separated. */
  types: typesSchema,
  cursor: z.string().min(1).max(512).optional(),
});
export const streamEventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).optional(),
  types: typesSchema,
});
