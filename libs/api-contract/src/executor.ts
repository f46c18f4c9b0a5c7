import { z } from 'zod';
import { instantSchema } from './instant.ts';
import { openWords } from './open-words.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';
import { isolationSchema } from './vocabulary.ts';

export const executorSchema = z
  .object({
    id: z.uuid().describe('The id of the executor. It gets a new one when it registers again.'),
    name: z.string().describe('The name of the executor, usually the name of its machine.'),
    status: openWords(['online', 'draining', 'lost']).describe(
      '`online`: it takes steps. `draining`: it ends what it runs and takes no more. `lost`: it left, or nothing was heard of it for too long.',
    ),
    labels: z.array(z.string()).describe('What steps can ask for by `labels`.'),
    slots: z.int32().describe('How many steps it runs at once.'),
    busy: z.int32().describe('How many attempts it holds now.'),
    drivers: z
      .array(z.string())
      .describe('The sandbox drivers that work there, the strongest first: `oci`, `process`.'),
    isolation: isolationSchema.describe('The strongest isolation that it can give.'),
    version: z.string().describe('The version of Millrace that it runs.'),
    registeredAt: instantSchema.describe('When it registered.'),
    lostAt: instantSchema.nullable().describe('When it was declared lost; null if it is not lost.'),
    lostWhy: z
      .string()
      .nullable()
      .describe(
        'Why it is lost: `silent`, `left` or `replaced` by its successor; null if it is not lost.',
      ),
  })
  .meta({ id: 'Executor', description: 'A process that runs steps.' });
export type ExecutorDto = z.infer<typeof executorSchema>;
export const executorPageSchema = pageOf(executorSchema, 'ExecutorPage', 'executors');
export const listExecutorsQuerySchema = z.strictObject({
  all: z
    .stringbool()
    .default(false)
    .describe('Whether to list lost executors as well. Default: false.'),
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
export const executorParamsSchema = z.object({ id: z.uuid().describe('The id of the executor.') });
