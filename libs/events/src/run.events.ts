import { z } from 'zod';
import { actorSchema } from './actor.ts';
import { defineEvent, type EventOf } from './define-event.ts';
import {
  causeSchema,
  isolationSchema,
  networkSchema,
  outcomeSchema,
  skipReasonSchema,
  waitReasonSchema,
} from './outcome.ts';
import { stepIdSchema } from './plan.ts';

// The stream of a run is `run-<id>`: the run's id is the stream's and is not repeated in the data.

const step = stepIdSchema;
const attempt = z.int().min(1);
const fence = z.int().positive();
/** RFC 3339 UTC with milliseconds. */
const instant = z.iso.datetime({ precision: 3 });
const hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** A branch or tag by its whole name, as git allows one. */
export const gitRefSchema = z
  .string()
  .max(512)
  .regex(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what no name may hold
    /^refs\/(?:heads|tags)(?:\/(?!\.)(?:(?!\.\.|@\{)[^\u0000-\u0020\u007f~^:?*[\\/])+(?<!\.lock)(?<!\.))+$/,
  );
const commitHash = z.string().regex(/^[0-9a-f]{40}$|^[0-9a-f]{64}$/);

export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('git'),
    url: z.string().min(1).max(2048),
    commit: commitHash,
    /** The branch or tag that named the commit. */
    ref: gitRefSchema.optional(),
  }),
  z.strictObject({
    kind: z.literal('snapshot'),
    /** `sha256:<hex>` of an uploaded tar. */
    digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    /** What the tree was based on, by the word of who sent it. */
    commit: commitHash.optional(),
    ref: gitRefSchema.optional(),
  }),
]);
export type Source = z.infer<typeof sourceSchema>;

export const triggerSchema = z.strictObject({
  kind: z.enum(['manual', 'api', 'cli', 'retry']),
  /** `type:business_id:version`, where the caller gave one. */
  key: z.string().max(512).optional(),
  actor: actorSchema,
  ref: z.string().max(512).optional(),
});
export type Trigger = z.infer<typeof triggerSchema>;

/** A run was accepted. Appended by start-run. */
export const RunQueued = defineEvent(
  'run.queued',
  2,
  z.strictObject({
    runNumber: z.int().positive(),
    pipelineId: z.uuid(),
    pipeline: z.string(),
    planHash: hex64,
    trigger: triggerSchema,
    inputs: z.record(z.string(), z.string()),
    source: sourceSchema,
    /** The floor for every step of the run. */
    isolation: isolationSchema,
    /** What a step has whose file says nothing about it. Absent: `none`. */
    network: networkSchema.optional(),
    /** The run that this one repeats. Its reused steps follow as run.step-skipped{reused}. */
    retryOf: z.uuid().optional(),
  }),
);

/** The step may start now (or from `notBefore` on). Appended by start-run, finish-attempt, retry, timers. */
export const StepQueued = defineEvent(
  'run.step-queued',
  1,
  z.strictObject({ step, attempt, notBefore: instant.optional() }),
);

/** Why a queued step waits: once a wait passes 1 s, and when the class changes. Appended by the scheduler. */
export const StepWaitChanged = defineEvent(
  'run.step-wait-changed',
  1,
  z.strictObject({ step, attempt, reason: waitReasonSchema }),
);

/** An executor holds the attempt. The position of this event is the fencing token. Appended by the scheduler. */
export const StepAssigned = defineEvent(
  'run.step-assigned',
  1,
  z.strictObject({ step, attempt, executor: z.uuid(), leaseMs: z.int().positive() }),
);

/** The executor is about to run the command: it does so only after this event is acknowledged. */
export const StepStarted = defineEvent(
  'run.step-started',
  1,
  z.strictObject({ step, attempt, executor: z.uuid(), fence }),
);

export const usageSchema = z.strictObject({
  wallMs: z.int().min(0),
  cpuUserMs: z.int().min(0).optional(),
  cpuSystemMs: z.int().min(0).optional(),
  memoryPeakBytes: z.int().min(0).optional(),
});

export const logSummarySchema = z.strictObject({
  bytes: z.int().min(0),
  lines: z.int().min(0),
  /** `sha256:<hex>` over the stored log bytes; absent where no byte was written. */
  digest: z.string().optional(),
  truncated: z.boolean(),
});
export type LogSummary = z.infer<typeof logSummarySchema>;

export const artifactSchema = z.strictObject({
  /** Path relative to the workspace, `/` between names. */
  name: z.string().min(1).max(1024),
  size: z.int().min(0),
  sha256: hex64,
  /** Its owner could run it. */
  executable: z.literal(true).optional(),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** What an executor reports at the end of an attempt. */
export const attemptReportSchema = z.strictObject({
  outcome: outcomeSchema,
  cause: causeSchema,
  /** Only where a process exited by itself. */
  exitCode: z.int().min(0).max(255).optional(),
  /** Only where a signal ended it: `SIGKILL`, … */
  signal: z.string().max(16).optional(),
  /** One line for people where outcome is `error`. No secrets, no paths of the executor. */
  message: z.string().max(2000).optional(),
  /** The code of the error that the message tells of. */
  code: z.string().max(64).optional(),
  usage: usageSchema.optional(),
  log: logSummarySchema.optional(),
  artifacts: z.array(artifactSchema).max(200).optional(),
  /** Which limits the kernel enforced: `memory`, `pids`, `cpu`, `namespaces`, `seccomp`, … */
  enforced: z.array(z.string().max(32)).max(16).optional(),
  /** The driver that ran it: `process`, `oci`. */
  driver: z.string().max(32).optional(),
});
export type AttemptReport = z.infer<typeof attemptReportSchema>;

/** The attempt ended. Appended from the executor's report, or by cancel-run where it had not started. */
export const StepFinished = defineEvent(
  'run.step-finished',
  1,
  z.strictObject({ step, attempt, fence, ...attemptReportSchema.shape }),
);

/** The lease ran out. Appended by the scheduler's sweeper. */
export const StepAttemptLost = defineEvent(
  'run.step-attempt-lost',
  1,
  z.strictObject({
    step,
    attempt,
    fence,
    why: z.enum(['lease-expired', 'executor-gone', 'executor-restarted', 'overdue']),
  }),
);

/** Another attempt follows, not before the time given. Appended by finish-attempt and the sweeper. */
export const StepRetryScheduled = defineEvent(
  'run.step-retry-scheduled',
  1,
  z.strictObject({ step, nextAttempt: attempt, notBefore: instant, rule: z.string().max(64) }),
);

/** The step will not run. */
export const StepSkipped = defineEvent(
  'run.step-skipped',
  1,
  z.strictObject({ step, reason: skipReasonSchema }),
);

/** The step's result comes from an earlier run. */
export const StepCacheHit = defineEvent(
  'run.step-cache-hit',
  1,
  z.strictObject({ step, key: z.string(), fromRun: z.uuid() }),
);

export const RunCancelRequested = defineEvent(
  'run.cancel-requested',
  2,
  z.strictObject({
    by: actorSchema,
    reason: z.string().max(1000).optional(),
    force: z.boolean(),
  }),
);

/** The run reached its end; nothing follows in its stream. */
export const RunFinished = defineEvent(
  'run.finished',
  1,
  z.strictObject({ outcome: outcomeSchema, failedSteps: z.array(step) }),
);

export const runEvents = [
  RunQueued,
  StepQueued,
  StepWaitChanged,
  StepAssigned,
  StepStarted,
  StepFinished,
  StepAttemptLost,
  StepRetryScheduled,
  StepSkipped,
  StepCacheHit,
  RunCancelRequested,
  RunFinished,
] as const;

export type RunEvent = EventOf<(typeof runEvents)[number]>;
