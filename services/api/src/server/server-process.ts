import type { ServerState, StopServerHow } from '#libs/api-contract';

/** The process behind the API: what is asked about it, and who may end it. */
export interface ServerProcess {
  readonly version: string;
  isDraining(): boolean;
  /** Whether the log can be reached. Never rejects. */
  canReachLog(): Promise<boolean>;
  /** False while a read model is built of which nothing may be shown. */
  areReadModelsReady(): boolean;
  /** Prometheus text. */
  metricsText(): Promise<string>;
  state(): Promise<ServerState>;
  /** The state behind a drain: what is unfinished then stays so. Resolves when a drain is over. */
  drained(): Promise<ServerState>;
  /** Begins to assign and to run, where this process does that. Idempotent; resolves when steps can run. */
  work(): Promise<void>;
  /** Returns at once. @returns false where it was to end only if idle, and is not */
  stop(how: StopServerHow): boolean;
}

/** The token under which the process is injected. */
export const SERVER_PROCESS = Symbol('SERVER_PROCESS');
