import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { openWords } from './open-words.ts';
import { runRefSchema } from './run.ts';

export const stepParamsSchema = z.object({
  id: runRefSchema,
  step: stepIdSchema.describe('The id of the step.'),
});

export const runLogsQuerySchema = z.strictObject({
  attempt: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The attempt. Default: the newest; with `follow`, that one and all after it.'),
  from: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The first line to send: 1, 2, 3 … Default: 1.'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('How many lines to send at most: 1 to 100,000. Default: all.'),
  tail: z.coerce
    .number()
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('How many of the last lines to send: 0 to 100,000. Default: all.'),
  follow: z
    .stringbool()
    .default(false)
    .describe('Whether to send lines as they come until the step has ended. Default: false.'),
});

const logGroupSchema = z
  .object({
    edge: openWords(['begins', 'ends']).describe('Whether the group begins or ends here.'),
    command: z.int32().describe('Which command of the list it is: 1, 2, 3 …'),
    of: z.int32().describe('How many commands the list has.'),
    durationMs: z
      .number()
      .int()
      .optional()
      .describe('How long the command ran, in milliseconds. Absent where the group begins.'),
  })
  .meta({
    id: 'LogGroup',
    description:
      'The edge of what one command of a list prints. It is made from marks in the output of the step: a heading, not evidence.',
  });

export const logLineSchema = z
  .object({
    line: z.number().int().describe('The number of the line in the attempt: 1, 2, 3 …'),
    time: instantSchema.describe('When the line was written.'),
    stream: openWords(['output', 'stdout', 'stderr', 'system']).describe(
      '`output`: stdout and stderr together, in order. `stdout`, `stderr`: of a step with `streams: separate`. `system`: a line of Millrace.',
    ),
    text: z.string().describe('The line without its end, at most 64 KiB as UTF-8.'),
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
        'The text continues the text before it of its stream. With the same `line` it is the rest of an open line; with a new `line` the line before was longer than 64 KiB and was split.',
      ),
    group: logGroupSchema
      .optional()
      .describe(
        'A `system` line that begins or ends what a command of a list prints; the first has the command as its text. Everything between the two belongs to that command.',
      ),
  })
  .meta({
    id: 'LogLine',
    description: 'A line of a log, or a part of a line that is being written.',
  });
export type LogLineDto = z.infer<typeof logLineSchema>;
