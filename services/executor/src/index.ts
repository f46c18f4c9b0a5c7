export { composeExecutor, type ExecutorComposition } from './compose.ts';
export type { Executor, RunningStep } from './executor.ts';
export { hasWorkspace } from './workspace-entries.ts';
