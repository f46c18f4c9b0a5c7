import { z } from 'zod';
import { stepIdSchema, waitReasonSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';

/** A step that may start and has no executor yet. */
export const queueItemSchema = z
  .object({
    run: z.uuid(),
    runNumber: z.number().int(),
    pipeline: z.string(),
    step: stepIdSchema,
    attempt: z.number().int(),
    labels: z.array(z.string()),
    queuedAt: instantSchema,
    notBefore: instantSchema.nullable(),
    /** Null during the first second. */
    reason: waitReasonSchema.nullable(),
    reasonSince: instantSchema.nullable(),
  })
  .meta({ id: 'QueueItem' });
export type QueueItem = z.infer<typeof queueItemSchema>;
export const queuePageSchema = pageOf(queueItemSchema);
export const listQueueQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
