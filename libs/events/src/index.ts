export {
  type CatalogEntry,
  catalog,
  type DomainEvent,
  type EventType,
  findEventNumber,
  findEventType,
} from './catalog.ts';
export { defineEvent, type EventDefinition, type EventOf } from './define-event.ts';
export { describeEnd, outcomeWords } from './describe-end.ts';
export type { Origin, RecordedEvent } from './envelope.ts';
export {
  type ExecutorDescription,
  type ExecutorEvent,
  executorDescriptionSchema,
  executorEvents,
} from './executor.events.ts';
export { gitUrlProblem } from './git-url.ts';
export {
  type Cause,
  causeSchema,
  failures,
  higherIsolation,
  type Isolation,
  isAtLeast,
  isolationSchema,
  isolations,
  isWithin,
  lesserNetwork,
  type Network,
  networkSchema,
  networks,
  type Outcome,
  outcomeSchema,
  outcomes,
  type SkipReason,
  skipReasonSchema,
  type WaitReason,
  waitReasonSchema,
} from './outcome.ts';
export { type PipelineEvent, pipelineEvents } from './pipeline.events.ts';
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
export { type Reactions, reactions } from './reactions.ts';
export {
  type Artifact,
  type AttemptReport,
  artifactSchema,
  attemptReportSchema,
  gitRefSchema,
  type LogSummary,
  logSummarySchema,
  type RunEvent,
  runEvents,
  type Source,
  sourceSchema,
  type Trigger,
  triggerSchema,
  type Usage,
  usageSchema,
} from './run.events.ts';
export { type SchedulerEvent, schedulerEvents } from './scheduler.events.ts';
export {
  parseStreamName,
  type StreamKind,
  type StreamName,
  streamId,
  streamKinds,
  streamName,
  streamUuid,
} from './streams.ts';
export { defaultTenant, type TenantId, tenantIdSchema } from './tenant.ts';
export { upcast } from './upcasters.ts';
export { type CheckedEvent, checkEvent, eventDataBytesMax } from './validate.ts';
