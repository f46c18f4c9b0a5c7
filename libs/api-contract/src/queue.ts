import { z } from 'zod';
import { stepIdSchema, waitReasonSchema } from '#libs/events';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';

const instant = z.iso.datetime({ precision: 3 });

/** A step that may start and has no executor yet. */
export const queueItemSchema = z
  .object({
    run: z.uuid(),
    runNumber: z.number().int(),
    pipeline: z.string(),
    step: stepIdSchema,
    attempt: z.number().int(),
    labels: z.array(z.string()),
    queuedAt: instant,
    notBefore: instant.nullable(),
    /** Null during the first second. */
    reason: waitReasonSchema.nullable(),
    reasonSince: instant.nullable(),
  })
  .meta({ id: 'QueueItem' });
export type QueueItem = z.infer<typeof queueItemSchema>;
export const queuePageSchema = pageOf(queueItemSchema);
export const listQueueQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
