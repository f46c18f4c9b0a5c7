export { Executor, type ExecutorParts, type RunningStep } from './executor.ts';
export type { ExecutorSettings } from './settings.ts';
export { hasWorkspace } from './workspace-entries.ts';
