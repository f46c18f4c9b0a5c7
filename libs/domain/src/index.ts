export {
  type DrainExecutor,
  type ExecutorCommand,
  type ExecutorRejection,
  type ExecutorState,
  executorDecider,
  type LoseExecutor,
  type RegisterExecutor,
} from './executor/executor.decider.ts';
export {
  type PipelineState,
  pipelineDecider,
  type RegisterPipeline,
} from './pipeline/pipeline.decider.ts';
export { stepsToReuse } from './run/reused-steps.ts';
export type { LostWhy, RunCommand, RunRejection, StartRun } from './run/run.commands.ts';
export { type RunDecider, runDecider } from './run/run.decider.ts';
export type { KnownRun, RunState, RunStatus, StepState } from './run/run.types.ts';
export {
  type BoundSettings,
  grantRun,
  type RunBounds,
  runBounds,
  stepBeyondNetwork,
} from './run/run-bounds.ts';
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
