export { Executor, type ExecutorParts, type RunningStep } from './executor.ts';
export { placeWorkspaces, type WorkspacesPlace } from './place-workspaces.ts';
export type { ExecutorSettings } from './settings.ts';
