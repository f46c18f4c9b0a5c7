import { z } from 'zod';
import {
  attemptReportSchema,
  executorDescriptionSchema,
  isolationSchema,
  planCheckoutSchema,
  planShellSchema,
  sourceSchema,
  stepIdSchema,
  tenantIdSchema,
} from '#libs/events';

/** The executor protocol, version 1. Standalone calls it in process, executors on other machines over /internal/v1. */

export const registerRequestSchema = z.strictObject({
  /** The executor chooses it once for the life of its process. A repeated registration gets the same answer. */
  executorId: z.uuid(),
  /** The id of the executor that used this state directory before: its attempts are declared lost at once. */
  replaces: z.uuid().optional(),
  ...executorDescriptionSchema.shape,
});
export type RegisterRequest = z.infer<typeof registerRequestSchema>;

export const registerResponseSchema = z.strictObject({
  executorId: z.uuid(),
  /** The bearer token for the other calls; in process it is not used. */
  token: z.string(),
  heartbeatMs: z.int().positive(),
  leaseMs: z.int().positive(),
  /** The executor stops its sandboxes, without grace, this long after its last acknowledged heartbeat was sent. */
  selfFenceMs: z.int().positive(),
  /** The `after` of the first call of `assignments`. */
  position: z.int().min(0),
  /** Which log the positions and fences belong to. It changes when the log is restored from a backup. */
  incarnation: z.uuid(),
});
export type RegisterResponse = z.infer<typeof registerResponseSchema>;

export const stopRequestSchema = z.strictObject({
  runId: z.uuid(),
  step: stepIdSchema,
  attempt: z.int().min(1),
  fence: z.int().positive(),
  /** `cancelled`: TERM, time to end, KILL · `forced`: KILL at once · `fenced`: KILL at once, and do not report. */
  reason: z.enum(['cancelled', 'forced', 'fenced']),
});
export type StopRequest = z.infer<typeof stopRequestSchema>;

export const heartbeatRequestSchema = z.strictObject({
  held: z.array(z.int().positive()).max(10_000),
  freeSlots: z.int().min(0),
});
export type HeartbeatRequest = z.infer<typeof heartbeatRequestSchema>;

export const heartbeatResponseSchema = z.strictObject({
  leaseMs: z.int().positive(),
  stop: z.array(stopRequestSchema),
});
export type HeartbeatResponse = z.infer<typeof heartbeatResponseSchema>;

/** Everything that an executor needs for an attempt: executors do not read the log. */
export const assignmentSchema = z.strictObject({
  /** The position of run.step-assigned. */
  fence: z.int().positive(),
  /** Whose run it is: sources, artifacts and caches are that tenant's. */
  tenant: tenantIdSchema,
  runId: z.uuid(),
  runNumber: z.int().positive(),
  pipeline: z.string(),
  step: stepIdSchema,
  attempt: z.int().min(1),
  commands: z.array(z.string()).min(1),
  /** The step's `env` with vars and inputs filled in, and the variables MILLRACE_VARS_… and MILLRACE_INPUTS_…. */
  env: z.record(z.string(), z.string()),
  timeoutMs: z.int().positive(),
  image: z.string(),
  network: z.enum(['none', 'host']),
  /** The higher one of what the run and the step ask for. */
  isolation: isolationSchema,
  /** Absent: stdout and stderr come together, in order. */
  streams: z.literal('separate').optional(),
  /** Absent: `bash` if the image has it, otherwise `sh`. */
  shell: planShellSchema.optional(),
  artifacts: z.array(z.string()),
  /** Absent: too many artifacts are an error. */
  artifactsOverLimit: z.literal('warn').optional(),
  source: sourceSchema,
  checkout: planCheckoutSchema.optional(),
  /** The run whose workspace is used: of a retry the repeated run, otherwise this run. */
  workspaceOf: z.uuid(),
  traceparent: z.string().nullable(),
});
export type Assignment = z.infer<typeof assignmentSchema>;

export const assignmentsResponseSchema = z.strictObject({
  assignments: z.array(assignmentSchema),
  /** Runs that ended. Their workspaces can be removed, unless `keep` is set, as after a failure. */
  ended: z.array(z.strictObject({ runId: z.uuid(), keep: z.boolean() })),
  stop: z.array(stopRequestSchema),
  /** The `after` of the next call. */
  position: z.int().min(0),
  /** Set if there are no messages: an executor with a position of another log would wait for ever, and can tell by this. */
  incarnation: z.uuid().optional(),
});
export type AssignmentsResponse = z.infer<typeof assignmentsResponseSchema>;

const attemptRefShape = {
  runId: z.uuid(),
  step: stepIdSchema,
  attempt: z.int().min(1),
  fence: z.int().positive(),
};
export const startedRequestSchema = z.strictObject(attemptRefShape);
export type StartedRequest = z.infer<typeof startedRequestSchema>;

export const finishedRequestSchema = z.strictObject({
  ...attemptRefShape,
  report: attemptReportSchema,
});
export type FinishedRequest = z.infer<typeof finishedRequestSchema>;

/** `false` means fenced (409 `attempt.fenced`): the executor stops the sandbox and reports nothing more. A repeat of an accepted report is accepted. */
export interface Acknowledgement {
  readonly accepted: boolean;
}

/**
 * The one port between an executor and the server. Every call may be repeated. All calls throw a Fault with retry `backoff` if
 * the other side cannot be reached. `heartbeat`, `assignments`, `started` and `finished` throw the Fault `executor.gone` (retry
 * never) if the executor was declared lost: it kills its sandboxes and registers again under a new id.
 */
export interface ExecutorGateway {
  register(request: RegisterRequest): Promise<RegisterResponse>;
  heartbeat(executorId: string, request: HeartbeatRequest): Promise<HeartbeatResponse>;
  /** Waits up to `waitMs` for messages. An answer without messages is normal. */
  assignments(
    executorId: string,
    request: { readonly after: number; readonly waitMs: number; readonly abort?: AbortSignal },
  ): Promise<AssignmentsResponse>;
  started(executorId: string, request: StartedRequest): Promise<Acknowledgement>;
  /** @throws Fault `request.invalid` if the name of an artifact is refused; nothing of the report is kept then */
  finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement>;
  /** The executor leaves after a drain. What it still holds is declared lost at once. */
  leave(executorId: string): Promise<void>;
}
