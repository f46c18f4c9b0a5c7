export {
  type DrainExecutor,
  type ExecutorCommand,
  type ExecutorRejection,
  type ExecutorState,
  executorDecider,
  type KnownExecutor,
  type LoseExecutor,
  type RegisterExecutor,
} from './executor/executor.decider.ts';
export {
  type KnownPipeline,
  type PipelineState,
  pipelineDecider,
  type RegisterPipeline,
} from './pipeline/pipeline.decider.ts';
export { isReady, readySteps } from './run/ready-steps.ts';
export { matchingRule } from './run/retry-rules.ts';
export { type RetryRejection, type RetryWhat, stepsToReuse } from './run/reused-steps.ts';
export type {
  AssignStep,
  CancelRun,
  FinishAttempt,
  LoseAttempt,
  LostWhy,
  NoteWait,
  ReleaseRetry,
  RunCommand,
  RunRejection,
  StartAttempt,
  StartRun,
} from './run/run.commands.ts';
export { type RunDecider, runDecider } from './run/run.decider.ts';
export type {
  FinishedRun,
  KnownRun,
  LiveRun,
  RunFacts,
  RunState,
  RunStatus,
  StepState,
} from './run/run.types.ts';
export { hasEnded, runOutcome } from './run/run-outcome.ts';
export {
  type HeldAttempt,
  heldAttempts,
  holdsFence,
  pendingRetries,
  runStatus,
  stepOf,
  stepsOf,
  stopReason,
} from './run/run-reading.ts';
export {
  type SchedulerState,
  schedulerDecider,
  type TakeLead,
} from './scheduler/scheduler.decider.ts';
