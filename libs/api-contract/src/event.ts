import { z } from 'zod';
import { tenantIdSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf } from './paging.ts';
import { logPositionSchema } from './position.ts';
import { runRefSchema } from './run.ts';

export const eventSchema = z
  .object({
    position: logPositionSchema.describe('The place of the event in the log: 1, 2, 3 …'),
    id: z.string().describe('The id of the event: the number of its log, a dash, its position.'),
    type: z.string().describe('What happened, such as `run.step-started`.'),
    schemaVersion: z.int32().describe('The version of the schema of `data`.'),
    stream: z
      .string()
      .describe(
        'The stream of the event, such as `run-<uuid>`: everything that happened to one thing.',
      ),
    version: z.int32().describe('The place of the event in its stream: 1, 2, 3 …'),
    time: instantSchema.describe('When the event was stored.'),
    tenant: tenantIdSchema.describe('The tenant that the stream belongs to.'),
    actor: z
      .string()
      .describe(
        'Who caused it, such as `user:admin` or `executor:<uuid>`. A person is a subject id, never a name.',
      ),
    correlationId: z
      .string()
      .nullable()
      .describe('The id that everything which belongs together has: the uuid of a run.'),
    causationId: z.string().nullable().describe('The id of the event that this one follows from.'),
    commandId: z.string().nullable().describe('The id of the command that the event comes from.'),
    traceparent: z
      .string()
      .nullable()
      .describe('The trace context (W3C) of the request that the event comes from.'),
    data: z
      .unknown()
      .describe('What the event says. Its members depend on `type` and `schemaVersion`.'),
  })
  .meta({ id: 'Event', description: 'Something that happened. Events never change.' });
export type EventDto = z.infer<typeof eventSchema>;
export const eventPageSchema = pageOf(eventSchema, 'EventPage', 'events');

const typesSchema = z
  .string()
  .max(2000)
  .transform((text) => text.split(',').filter((type) => type !== ''))
  .optional()
  .describe('Only events of these types, separated by commas. Default: all types.');

export const listEventsQuerySchema = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('The list begins behind this position. Default 0: with the first event.'),
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
    .describe('The stream begins behind this position. Default: with what happens from now on.'),
  types: typesSchema,
  run: runRefSchema.optional().describe('Only the events of this run. Default: of everything.'),
});
export const resumeHeadersSchema = z.object({
  'Last-Event-ID': z
    .string()
    .regex(/^\d{0,15}$/, { message: 'expected a position' })
    .optional()
    .describe(
      'The `id` of the last event that the client has: the stream goes on behind it. It takes precedence over `after`.',
    ),
});
