export { composeExecutor } from './compose.ts';
export type { Executor, RunningStep } from './executor.ts';
export { hasWorkspace } from './workspace-entries.ts';
