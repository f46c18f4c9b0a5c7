import { z } from 'zod';
import {
  logSummarySchema as logFacts,
  stepIdSchema,
  usageSchema as usageFacts,
} from '#libs/events';
import { artifactSchema } from './artifact.ts';
import { described } from './described.ts';
import { instantSchema } from './instant.ts';
import { openWords } from './open-words.ts';
import { logPositionSchema } from './position.ts';
import { causeSchema, outcomeSchema, skipReasonSchema, waitReasonSchema } from './vocabulary.ts';

export const stepStatusSchema = openWords([
  'waiting',
  'queued',
  'assigned',
  'running',
  'finished',
  'skipped',
]).meta({
  id: 'StepStatus',
  description:
    '`waiting`: steps that it depends on have not ended, or the next attempt is not due. `queued`: it waits for an executor. `assigned`: an executor has it. `running`: its command runs. `finished`: it has an outcome. `skipped`: it does not run.',
});

const usageSchema = z
  .object(
    described(usageFacts.shape, {
      wallMs: 'How long the command ran, in milliseconds.',
      cpuUserMs:
        'The CPU time of its processes in user mode, in milliseconds. Absent if not measured.',
      cpuSystemMs:
        'The CPU time that the kernel spent for them, in milliseconds. Absent if not measured.',
      memoryPeakBytes: 'The most memory that was in use at once, in bytes. Absent if not measured.',
    }),
  )
  .meta({ id: 'Usage', description: 'What an attempt used.' });

const logSummarySchema = z
  .object(
    described(logFacts.shape, {
      bytes: 'The size of the log, in bytes.',
      lines: 'The number of lines.',
      digest: '`sha256:` and the digest of the stored log. Absent if nothing was written.',
      truncated: 'Whether the log was cut off at the limit.',
    }),
  )
  .meta({ id: 'LogSummary', description: 'The size of the log of an attempt.' });

export const attemptSchema = z
  .object({
    attempt: z.int32().describe('The number of the attempt: 1, 2, 3 …'),
    executor: z.uuid().describe('The id of the executor that has or had it.'),
    fence: logPositionSchema.describe(
      'The position of its assignment. Reports of the executor carry it.',
    ),
    assignedAt: instantSchema.describe('When the executor got it.'),
    startedAt: instantSchema.nullable().describe('When its command started; null if it has not.'),
    finishedAt: instantSchema.nullable().describe('When it ended; null until then.'),
    outcome: outcomeSchema.nullable().describe('How it ended; null until then.'),
    cause: causeSchema.nullable().describe('What ended it; null until then.'),
    exitCode: z
      .int32()
      .nullable()
      .describe('The exit code of the command; null if it did not end by itself.'),
    signal: z
      .string()
      .nullable()
      .describe('The signal that ended the command, such as `SIGKILL`; null if none did.'),
    message: z
      .string()
      .nullable()
      .describe('What went wrong, in one line, if the outcome is `error`; null otherwise.'),
    code: z
      .string()
      .nullable()
      .describe(
        'The code of that error; `/docs/problems/{code}` explains it. Null if it has none.',
      ),
    usage: usageSchema.nullable().describe('What the command used; null if it was not measured.'),
    log: logSummarySchema.nullable().describe('The size of its log; null until it has ended.'),
    artifacts: z.array(artifactSchema).describe('The files that it left.'),
    enforced: z
      .array(z.string())
      .describe('The limits and protections that the kernel enforced for it.'),
    driver: z
      .string()
      .nullable()
      .describe('The sandbox driver that ran it: `oci` or `process`; null until it has ended.'),
  })
  .meta({ id: 'Attempt', description: 'One try of a step, on one executor.' });
export type AttemptDto = z.infer<typeof attemptSchema>;

const waitShape = {
  reason: waitReasonSchema.describe('Why the step waited.'),
  from: instantSchema.describe('When this wait began.'),
  to: instantSchema.nullable().describe('When it ended; null if it goes on.'),
};
export const waitSchema = z
  .object(waitShape)
  .meta({ id: 'Wait', description: 'A time of more than a second in which a step waited.' });

export const stepSchema = z
  .object({
    id: stepIdSchema.describe('The id of the step in the pipeline file.'),
    name: z.string().describe('The name of the step for people.'),
    status: stepStatusSchema.describe('How far the step is.'),
    outcome: outcomeSchema.nullable().describe('How the step ended; null until then.'),
    cause: causeSchema
      .nullable()
      .describe('What ended its last attempt; null if it has not run to an end.'),
    exitCode: z
      .int32()
      .nullable()
      .describe('The exit code of its last attempt; null if it has none.'),
    signal: z
      .string()
      .nullable()
      .describe('The signal that ended its last attempt; null if none did.'),
    allowFailure: z.boolean().describe('Whether the run can succeed although this step fails.'),
    dependsOn: z.array(stepIdSchema).describe('The ids of the steps that have to end before it.'),
    skipReason: skipReasonSchema
      .nullable()
      .describe('Why the step was skipped; null if it was not.'),
    attempts: z.array(attemptSchema).describe('Its attempts, the first one first.'),
    waits: z.array(waitSchema).describe('When and why it waited, in order.'),
  })
  .meta({ id: 'Step', description: 'A step of a run.' });
export type StepDto = z.infer<typeof stepSchema>;

const explainedWaitSchema = z
  .object({
    ...waitShape,
    durationMs: z.number().int().describe('How long the wait took so far, in milliseconds.'),
    detail: z.string().describe('The reason in words for people.'),
  })
  .meta({ id: 'ExplainedWait', description: 'A wait of a step, in words.' });

export const stepWhySchema = z
  .object({
    run: z.uuid().describe('The id of the run.'),
    step: stepIdSchema.describe('The id of the step.'),
    status: stepStatusSchema.describe('How far the step is.'),
    summary: z.string().describe('Why it waits or waited and how it ended, in one sentence.'),
    waitedMs: z
      .number()
      .int()
      .describe(
        'The time from the acceptance of the run to the first start of the step, or to now, in milliseconds.',
      ),
    waits: z.array(explainedWaitSchema).describe('When and why it waited, in order.'),
  })
  .meta({ id: 'StepWhy', description: 'Why a step waits or waited, and how it ended.' });
export type StepWhy = z.infer<typeof stepWhySchema>;
