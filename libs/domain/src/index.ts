export { executorDecider, type RegisterExecutor } from './executor/executor.decider.ts';
export { pipelineDecider } from './pipeline/pipeline.decider.ts';
export { stepsToReuse } from './run/reused-steps.ts';
export type { RunCommand } from './run/run.commands.ts';
export { runDecider } from './run/run.decider.ts';
export type { KnownRun, RunState } from './run/run.types.ts';
export {
  type BoundSettings,
  grantRun,
  type RunBounds,
  runBounds,
  stepBeyondNetwork,
} from './run/run-bounds.ts';
export { heldAttempts, holdsFence, stepsOf, stopReason } from './run/run-reading.ts';
export { schedulerDecider } from './scheduler/scheduler.decider.ts';
