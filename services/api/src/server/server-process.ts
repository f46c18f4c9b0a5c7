import type { ServerState, StopServerHow } from '#libs/api-contract';

/** The process behind the API: what the API can ask of it. */
export interface ServerProcess {
  readonly version: string;
  isDraining(): boolean;
  /** Whether the log can be reached. Never rejects. */
  canReachLog(): Promise<boolean>;
  /** False while every read model is being built. */
  areAnyReadModelsReady(): boolean;
  /** Says of each read model that may not be read why; empty if all may. */
  unreadableReadModels(): readonly string[];
  /** All metrics in the text format of Prometheus. */
  metricsText(): Promise<string>;
  state(): Promise<ServerState>;
  /** The state after a drain, which names what stays unfinished. Resolves when a drain is over. */
  drained(): Promise<ServerState>;
  /** Begins to assign and to run steps, if this process does that. Idempotent; resolves when steps can run. */
  work(): Promise<void>;
  /** Returns at once. @returns false if the process was asked to end only if idle, and is not idle */
  stop(how: StopServerHow): boolean;
}

/** The token under which the process is injected. */
export const SERVER_PROCESS = Symbol('SERVER_PROCESS');
