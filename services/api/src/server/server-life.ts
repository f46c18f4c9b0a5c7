import type { ServerState, StopServerHow } from '#libs/api-contract';

/** What the process behind the API does with runs, and how it ends. */
export interface ServerLife {
  readonly status: ServerState['status'];
  /** The steps that run in this process. */
  readonly running: readonly ServerState['running'][number][];
  /** How long a drain may still wait for running steps; null while nothing drains. */
  readonly drainLeftMs: number | null;
  /** Resolves when a drain is over. */
  readonly drained: Promise<void>;
  /** Whether runs wait or run in this process. */
  hasWork(): boolean;
  /** Begins to assign and to run steps, if this process does that. Idempotent; resolves when steps can run. */
  work(): Promise<void>;
  /** Asks that the process end. Returns at once. */
  end(how: StopServerHow): void;
}
