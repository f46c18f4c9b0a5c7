export { isActor, opaqueActor, personOf } from './actor.ts';
export { appendedBy } from './appended-by.ts';
export {
  catalog,
  type DomainEvent,
  type EventType,
  findEventNumber,
  findEventType,
} from './catalog.ts';
export { describeEnd, outcomeWords } from './describe-end.ts';
export type { Origin, RecordedEvent } from './envelope.ts';
export {
  type ExecutorDescription,
  type ExecutorEvent,
  executorDescriptionSchema,
} from './executor.events.ts';
export { gitUrlProblem } from './git-url.ts';
export { type HandledEvent, type Handles, isHandled } from './handles.ts';
export {
  type Cause,
  causeSchema,
  failures,
  higherIsolation,
  type Isolation,
  isAtLeast,
  isolationSchema,
  isWithin,
  lesserNetwork,
  type Network,
  type Outcome,
  outcomeSchema,
  outcomes,
  type SkipReason,
  skipReasonSchema,
  type WaitReason,
  waitReasonSchema,
} from './outcome.ts';
export type { PipelineEvent } from './pipeline.events.ts';
export {
  type EnvValue,
  type Plan,
  type PlanCheckout,
  type PlanInput,
  type PlanLookup,
  type PlanShell,
  type PlanStep,
  planCheckoutSchema,
  planHash,
  planSchema,
  planSchemaVersion,
  planShellSchema,
  type RetryRule,
  shellKind,
  stepIdPattern,
  stepIdSchema,
  stepIsolation,
  stepNetwork,
} from './plan.ts';
export {
  type Artifact,
  type AttemptReport,
  artifactSchema,
  attemptReportSchema,
  gitRefSchema,
  type LogSummary,
  logSummarySchema,
  type RunEvent,
  type Source,
  sourceSchema,
  type Trigger,
  triggerSchema,
  usageSchema,
} from './run.events.ts';
export type { SchedulerEvent } from './scheduler.events.ts';
export {
  parseStreamName,
  type StreamName,
  streamId,
  streamKinds,
  streamName,
  streamUuid,
} from './streams.ts';
export { defaultTenant, type TenantId, tenantIdSchema } from './tenant.ts';
export { upcast } from './upcasters.ts';
export { type CheckedEvent, checkEvent, eventDataBytesMax } from './validate.ts';
