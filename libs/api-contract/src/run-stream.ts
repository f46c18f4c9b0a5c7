import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import { eventSchema } from './event.ts';
import { logLineSchema } from './step-log.ts';

/** Enough for a hundred logs with names of usual length. Further logs begin again from their first line. */
const linesCharsMax = 4_000;

const linesPattern =
  /^(?:\d{1,9}:\d{1,9}:[a-z][a-z0-9_-]{0,62})(?:,\d{1,9}:\d{1,9}:[a-z][a-z0-9_-]{0,62})*$/;

/** An attempt of a run: one try of a step, with a log of its own. */
export interface StepAttempt {
  readonly step: string;
  readonly attempt: number;
}

/** A key for an attempt, unique in its run. */
export function attemptKey({ step, attempt }: StepAttempt): string {
  return `${attempt} ${step}`;
}

/** An attempt, and the first line to send of its log. */
export interface WantedLog extends StepAttempt {
  readonly from: number;
}

export const streamRunQuerySchema = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'The stream begins behind this position. Default 0: with the first event of the run.',
    ),
  lines: z
    .string()
    .max(linesCharsMax)
    .regex(linesPattern, { message: 'expected ATTEMPT:LINE:STEP, …' })
    .transform((text): readonly WantedLog[] =>
      text.split(',').map((item) => {
        const [attempt, from, step = ''] = item.split(':');
        return { step, attempt: Number(attempt), from: Math.max(1, Number(from)) };
      }),
    )
    .optional()
    .describe(
      'The first line to send of the logs of attempts that run where the stream begins, as `ATTEMPT:LINE:STEP`, separated by commas. Default: line 1.',
    ),
});

/** The query parameter `lines` of `stream-run`: as many logs as fit. */
export function wantedLines(logs: readonly WantedLog[]): string | undefined {
  let text = '';
  for (const { step, attempt, from } of logs) {
    const item = `${text === '' ? '' : ','}${attempt}:${from}:${step}`;
    if (text.length + item.length > linesCharsMax) break;
    text += item;
  }
  return text === '' ? undefined : text;
}

export const runLogLineSchema = z
  .object({
    step: stepIdSchema.describe('The step that wrote the line.'),
    attempt: z.int32().describe('The attempt of the step: 1, 2, 3 …'),
    ...logLineSchema.shape,
  })
  .meta({ id: 'RunLogLine', description: 'A line of the log of a step of a run.' });
export const runStreamItemSchema = z
  .union([eventSchema, runLogLineSchema])
  .meta({ id: 'RunStreamItem', description: 'An event of a run, or a line of one of its logs.' });
