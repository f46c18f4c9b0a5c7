import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';
import { waitReasonSchema } from './vocabulary.ts';

export const queueItemSchema = z
  .object({
    run: z.uuid().describe('The id of the run.'),
    runNumber: z.number().int().describe('The number of the run.'),
    pipeline: z.string().describe('The name of the pipeline.'),
    step: stepIdSchema.describe('The id of the step.'),
    attempt: z.int32().describe('The attempt that waits: 1, 2, 3 …'),
    labels: z.array(z.string()).describe('The labels that an executor must have.'),
    queuedAt: instantSchema.describe('When the step could start.'),
    notBefore: instantSchema
      .nullable()
      .describe('The earliest start of a delayed retry; null if it may start at once.'),
    reason: waitReasonSchema
      .nullable()
      .describe('Why the step waits; null during the first second.'),
    reasonSince: instantSchema
      .nullable()
      .describe('Since when it waits for this reason; null during the first second.'),
  })
  .meta({
    id: 'QueueItem',
    description: 'A step that may start and waits for an executor.',
  });
export type QueueItem = z.infer<typeof queueItemSchema>;
export const queuePageSchema = pageOf(queueItemSchema, 'QueuePage', 'waiting steps');
export const listQueueQuerySchema = z.strictObject({
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
