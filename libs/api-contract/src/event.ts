import { z } from 'zod';
import { tenantIdSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf } from './paging.ts';
import { runRefSchema } from './run.ts';

/** An event as the API shows it. `data` depends on type and schemaVersion: see the catalog of events. */
export const eventSchema = z
  .object({
    position: z.number().int(),
    id: z.string(),
    type: z.string(),
    schemaVersion: z.number().int(),
    stream: z.string(),
    version: z.number().int(),
    tenant: tenantIdSchema,
    time: instantSchema,
    actor: z.string(),
    correlationId: z.string().nullable(),
    causationId: z.string().nullable(),
    commandId: z.string().nullable(),
    traceparent: z.string().nullable(),
    data: z.unknown(),
  })
  .meta({ id: 'Event' });
export type EventDto = z.infer<typeof eventSchema>;
export const eventPageSchema = pageOf(eventSchema);

const typesSchema = z
  .string()
  .max(2000)
  .transform((text) => text.split(',').filter((type) => type !== ''))
  .optional()
  .describe('Only these types, separated by commas.');

export const listEventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: limitSchema,
  types: typesSchema,
  cursor: cursorSchema,
});
export const streamEventsQuerySchema = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('Begin behind this position. Default: only what happens from now on.'),
  types: typesSchema,
  run: runRefSchema.optional().describe('Only the events of this run.'),
});
export const resumeHeadersSchema = z.object({
  'Last-Event-ID': z
    .string()
    .regex(/^\d{0,15}$/, { message: 'expected a position' })
    .optional()
    .describe('The `id` of the last event that was taken: go on behind it. Counts before `after`.'),
});
