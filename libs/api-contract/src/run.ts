import { z } from 'zod';
import {
  artifactSchema,
  causeSchema,
  isolationSchema,
  logSummarySchema,
  outcomeSchema,
  skipReasonSchema,
  sourceSchema,
  stepIdSchema,
  triggerSchema,
  usageSchema,
  waitReasonSchema,
} from '#libs/events';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';

/** RFC 3339 UTC in milliseconds. */
const instant = z.iso.datetime({ precision: 3 });

/** A run by its uuid, its number, or `latest`. */
export const runRefSchema = z
  .string()
  .regex(
    /^(?:latest|[1-9]\d{0,14}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
    {
      message: 'a run is named by its uuid, its number, or latest',
    },
  );

export const runStatuses = ['queued', 'running', 'cancelling', 'finished'] as const;
export const stepStatuses = [
  'waiting',
  'queued',
  'assigned',
  'running',
  'finished',
  'skipped',
] as const;

export const attemptSchema = z
  .object({
    attempt: z.number().int(),
    executor: z.uuid(),
    fence: z.number().int(),
    assignedAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    outcome: outcomeSchema.nullable(),
    cause: causeSchema.nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    /** The executor's one line where outcome is `error`. */
    message: z.string().nullable(),
    /** Of the error, where it is one of ours: see /docs/problems/{code}. */
    code: z.string().nullable(),
    usage: usageSchema.nullable(),
    log: logSummarySchema.nullable(),
    artifacts: z.array(artifactSchema),
    enforced: z.array(z.string()),
    driver: z.string().nullable(),
  })
  .meta({ id: 'Attempt' });
export type AttemptDto = z.infer<typeof attemptSchema>;

export const waitSchema = z
  .object({
    reason: waitReasonSchema,
    from: instant,
    to: instant.nullable(),
  })
  .meta({ id: 'Wait' });

export const stepSchema = z
  .object({
    id: stepIdSchema,
    name: z.string(),
    status: z.enum(stepStatuses),
    outcome: outcomeSchema.nullable(),
    cause: causeSchema.nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    allowFailure: z.boolean(),
    dependsOn: z.array(stepIdSchema),
    skipReason: skipReasonSchema.nullable(),
    attempts: z.array(attemptSchema),
    waits: z.array(waitSchema),
  })
  .meta({ id: 'Step' });
export type StepDto = z.infer<typeof stepSchema>;

/** A run as lists show it. */
export const runSummarySchema = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    pipeline: z.string(),
    planHash: z.string(),
    status: z.enum(runStatuses),
    outcome: outcomeSchema.nullable(),
    queuedAt: instant,
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
    trigger: triggerSchema,
    source: sourceSchema,
    retryOf: z.uuid().nullable(),
    cancel: z
      .object({ by: z.string(), reason: z.string().nullable(), at: instant })
      .nullable()
      .describe('Who wished for the end of the run first, and why.'),
  })
  .meta({ id: 'RunSummary' });
export type RunSummary = z.infer<typeof runSummarySchema>;

/** A run with everything that happened to its steps, in file order. */
export const runSchema = z
  .object({
    ...runSummarySchema.shape,
    isolation: isolationSchema,
    inputs: z.record(z.string(), z.string()),
    failedSteps: z.array(z.string()),
    /** The log position that this answer reflects. */
    position: z.number().int(),
    steps: z.array(stepSchema),
  })
  .meta({ id: 'Run' });
export type RunDto = z.infer<typeof runSchema>;

/** A trigger key: `type:business_id:version`. */
const triggerKeySchema = z
  .string()
  .min(3)
  .max(512)
  .regex(/^[^:\s]+:[^\s]+:[^:\s]+$/, { message: 'expected type:business_id:version' });

const inputValueSchema = z.union([z.string().max(32_768), z.number(), z.boolean()]);

export const startRunBodySchema = z
  .strictObject({
    /** The name of a registered pipeline … */
    pipeline: z.string().min(1).max(200).optional(),
    /** … or the text of one. */
    yaml: z
      .string()
      .max(1024 * 1024)
      .optional(),
    inputs: z.record(z.string().max(200), inputValueSchema).default({}),
    source: sourceSchema.default({ kind: 'none' }),
    isolation: isolationSchema
      .optional()
      .describe(
        'The least that every step must have. The server’s isolation_min holds as well: asking for less changes nothing.',
      ),
    trigger: z
      .strictObject({
        kind: z.enum(['api', 'cli']).default('api').describe('By what the run was asked for.'),
        key: triggerKeySchema.optional(),
        ref: z.string().max(512).optional(),
      })
      .optional(),
  })
  .refine((body) => (body.pipeline === undefined) !== (body.yaml === undefined), {
    message: 'give exactly one of pipeline and yaml',
    path: ['pipeline'],
  })
  .meta({ id: 'StartRun' });
export type StartRunBody = z.input<typeof startRunBodySchema>;
/** A start-run body as it is after its check, with defaults. */
export type StartRunRequest = z.output<typeof startRunBodySchema>;

/** What no executor that is there can do; the run waits, or fails, for it. */
export const runWarningSchema = z
  .object({
    /** At most ten of them. */
    steps: z.array(stepIdSchema),
    message: z.string(),
    hint: z.string(),
  })
  .meta({ id: 'RunWarning' });
export type RunWarning = z.infer<typeof runWarningSchema>;

export const runStartedSchema = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    /** Wait for it with `?waitFor=`. */
    position: z.number().int(),
    /** Absent where there is nothing to say. */
    warnings: z.array(runWarningSchema).optional(),
  })
  .meta({ id: 'RunStarted' });
export type RunStarted = z.infer<typeof runStartedSchema>;

export const listRunsQuerySchema = z.strictObject({
  status: z.enum(runStatuses).optional(),
  pipeline: z.string().min(1).max(200).optional(),
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
export const runPageSchema = pageOf(runSummarySchema);

export const cancelRunBodySchema = z
  .strictObject({
    reason: z.string().max(1000).optional(),
    /** KILL at once instead of TERM and grace. */
    force: z.boolean().default(false),
  })
  .meta({ id: 'CancelRun' });
export const positionSchema = z.object({ position: z.number().int() }).meta({ id: 'Position' });

export const retryRunBodySchema = z
  .strictObject({ failed: z.literal(true).optional(), step: stepIdSchema.optional() })
  .refine((body) => body.failed === undefined || body.step === undefined, {
    message: 'give failed or step, not both',
    path: ['failed'],
  })
  .describe(
    '`{step}` repeats one step and what depends on it; `{failed: true}`, or nothing, what failed.',
  )
  .meta({ id: 'RetryRun' });
export type RetryRunBody = z.input<typeof retryRunBodySchema>;
export const runRetriedSchema = z
  .object({ ...runStartedSchema.shape, retryOf: z.uuid() })
  .meta({ id: 'RunRetried' });
export type RunRetried = z.infer<typeof runRetriedSchema>;

/** `at`: a position, or an RFC 3339 instant. */
export const runStateQuerySchema = z.strictObject({ at: z.string().min(1).max(64).optional() });

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
    time: instant,
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

export const stepWhySchema = z
  .object({
    run: z.uuid(),
    step: stepIdSchema,
    status: z.enum(stepStatuses),
    /** One sentence for people. */
    summary: z.string(),
    /** Milliseconds between queued and started (or now). */
    waitedMs: z.number().int(),
    waits: z.array(
      z.object({ ...waitSchema.shape, durationMs: z.number().int(), detail: z.string() }),
    ),
  })
  .meta({ id: 'StepWhy' });
export type StepWhy = z.infer<typeof stepWhySchema>;

export const runArtifactSchema = z
  .object({
    step: stepIdSchema,
    attempt: z.number().int(),
    ...artifactSchema.shape,
    /** Where it is downloaded. */
    url: z.string(),
  })
  .meta({ id: 'RunArtifact' });
export type RunArtifact = z.infer<typeof runArtifactSchema>;
export const runArtifactPageSchema = pageOf(runArtifactSchema);
