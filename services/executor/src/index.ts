export { Executor, type ExecutorParts, type RunningStep } from './executor.ts';
export type { ExecutorSettings } from './settings.ts';
