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

/** The executor protocol, version 1: in process in standalone, over /internal/v1 elsewhere. */

export const registerRequestSchema = z.strictObject({
  /** Chosen by the executor once per life of its process; a repeated register with it returns the same answer. */
  executorId: z.uuid(),
  /** The id that the same state directory had before a restart: what it held is declared lost at once. */
  replaces: z.uuid().optional(),
  ...executorDescriptionSchema.shape,
});
export type RegisterRequest = z.infer<typeof registerRequestSchema>;

export const registerResponseSchema = z.strictObject({
  executorId: z.uuid(),
  /** Bearer token for the other calls; worth nothing in process. */
  token: z.string(),
  heartbeatMs: z.int().positive(),
  leaseMs: z.int().positive(),
  /** The executor stops its sandboxes, without grace, this long after its last acknowledged heartbeat was sent. */
  selfFenceMs: z.int().positive(),
  /** Assignments are asked for from here on. */
  position: z.int().min(0),
  /** Of the log that the positions and fences belong to: another one after a restore from backup. */
  incarnation: z.uuid(),
});
export type RegisterResponse = z.infer<typeof registerResponseSchema>;

export const stopRequestSchema = z.strictObject({
  runId: z.uuid(),
  step: stepIdSchema,
  attempt: z.int().min(1),
  fence: z.int().positive(),
  /** `cancelled`: TERM, grace, KILL · `forced`: KILL · `fenced`: KILL and do not report. */
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

/** Everything an executor needs for one attempt; it never reads the log. */
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
  /** Declared env with vars and inputs filled in, and the MILLRACE_VARS_ and MILLRACE_INPUTS_ variables. */
  env: z.record(z.string(), z.string()),
  timeoutMs: z.int().positive(),
  image: z.string(),
  network: z.enum(['none', 'host']),
  /** The higher of the run's floor and the step's. */
  isolation: isolationSchema,
  /** Absent: stdout and stderr come together, in order. */
  streams: z.literal('separate').optional(),
  /** Absent: `bash` where the image has it, else `sh`. */
  shell: planShellSchema.optional(),
  artifacts: z.array(z.string()),
  /** Absent: too many of them are an error. */
  artifactsOverLimit: z.literal('warn').optional(),
  source: sourceSchema,
  checkout: planCheckoutSchema.optional(),
  /** The run whose kept workspace this run continues (retry); its own otherwise. */
  workspaceOf: z.uuid(),
  traceparent: z.string().nullable(),
});
export type Assignment = z.infer<typeof assignmentSchema>;

export const assignmentsResponseSchema = z.strictObject({
  assignments: z.array(assignmentSchema),
  /** Runs that ended: their workspaces may be cleaned (`keep` after a failure). */
  ended: z.array(z.strictObject({ runId: z.uuid(), keep: z.boolean() })),
  stop: z.array(stopRequestSchema),
  /** Ask again from here. */
  position: z.int().min(0),
  /** Told where there was nothing to say: who asked in another log's position waits for what never comes. */
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

/** `false` = fenced (409 `attempt.fenced`): stop the sandbox, report nothing more. Repeats of an accepted report are accepted. */
export interface Acknowledgement {
  readonly accepted: boolean;
}

/**
 * The one port between an executor and the rest. Every call may be repeated.
 * All throw Fault with retry `backoff` when the other side cannot be reached; `heartbeat`, `assignments`, `started` and
 * `finished` throw Fault `executor.gone` (retry never) when the executor was declared lost: it kills what it holds and registers anew.
 */
export interface ExecutorGateway {
  register(request: RegisterRequest): Promise<RegisterResponse>;
  heartbeat(executorId: string, request: HeartbeatRequest): Promise<HeartbeatResponse>;
  /** Waits up to `waitMs` for something to say; an empty answer is normal. */
  assignments(
    executorId: string,
    request: { readonly after: number; readonly waitMs: number; readonly abort?: AbortSignal },
  ): Promise<AssignmentsResponse>;
  started(executorId: string, request: StartedRequest): Promise<Acknowledgement>;
  /** @throws Fault `request.invalid` where an artifact has a name that is no plain relative path: nothing of the report is taken */
  finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement>;
  /** Good-bye after a drain: what it still holds is lost at once. */
  leave(executorId: string): Promise<void>;
}
