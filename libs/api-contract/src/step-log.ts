import { z } from 'zod';
import { instantSchema } from './instant.ts';

export const runLogsQuerySchema = z.strictObject({
  attempt: z.coerce.number().int().min(1).optional(),
  from: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(100_000).optional(),
  tail: z.coerce.number().int().min(0).max(100_000).optional(),
  follow: z.stringbool().default(false),
});

export const logLineSchema = z
  .object({
    line: z.number().int().describe('1, 2, 3 … within the attempt.'),
    time: instantSchema,
    stream: z
      .enum(['output', 'stdout', 'stderr', 'system'])
      .describe(
        '`output`: stdout and stderr together, in order; `stdout`, `stderr`: of a step with `streams: separate`; `system`: words of Millrace.',
      ),
    text: z.string().describe('Without the line end; at most 64 KiB as UTF-8.'),
    open: z
      .literal(true)
      .optional()
      .describe(
        'The line is not complete yet. With `follow` its rest comes as further objects with the same `line`, the last of them without this mark; other lines may come between.',
      ),
    continues: z
      .literal(true)
      .optional()
      .describe(
        'The text goes on where the text before it of its stream broke off: with the same `line` it is the rest of an open line; with a new `line` the line before was longer than 64 KiB and was split.',
      ),
    group: z
      .object({
        edge: z.enum(['begins', 'ends']),
        command: z.number().int().describe('1, 2, 3 … of the list.'),
        of: z.number().int().describe('How many commands the list has.'),
        durationMs: z
          .number()
          .int()
          .optional()
          .describe('Where it ends: how long the command ran.'),
      })
      .optional()
      .describe(
        'A `system` line that begins or ends what a command of a list prints; the first has the command as its text. Everything between the two is of that command. It is made from marks in the output of the step: a heading, no evidence.',
      ),
  })
  .describe('A line of a log, or what there is of one that is being written.')
  .meta({ id: 'LogLine' });

export type LogLineDto = z.infer<typeof logLineSchema>;
