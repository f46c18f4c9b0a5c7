export { Executor, type ExecutorParts } from './executor.ts';
export type { ExecutorSettings } from './settings.ts';
