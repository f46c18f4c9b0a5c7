import type { FsBlobStore } from '#libs/blobs';
import type { Config } from '#libs/config';
import { type Clock, pause, type Timers } from '#libs/kernel';
import type { FsLogStore } from '#libs/logs';
import type { Pool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { forgetOldCommands, forgetOldRequests } from './forget-rows.ts';

export interface SweeperParts {
  readonly logs: Pick<FsLogStore, 'sweep'>;
  readonly blobs: Pick<FsBlobStore, 'removeAbandoned'>;
  readonly pool: Pool;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly timers: Timers;
  readonly config: Pick<Config, 'logKeep' | 'logStoreBytesMax'>;
  readonly logger: Logger;
}

/** How often the sweeper looks, in milliseconds: what is kept for a day may stay an hour longer. */
const sweepMs = 3_600_000;
/** No upload takes longer, in milliseconds: an older part of a blob was left by one that was interrupted. */
const abandonedMs = 24 * 3_600_000;

/**
 * Retention: every hour it removes old logs, parts of blobs whose upload was interrupted, and command ids and idempotency keys
 * past their time. Workspaces lie with an executor, which removes them itself.
 */
export class Sweeper {
  readonly #parts: SweeperParts;
  readonly #stopping = new AbortController();

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  /** Returns at once. Called once. */
  start(): void {
    void this.#run();
  }

  /** A sweep that is under way ends with what it removes now. Idempotent. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { timers } = this.#parts;
    const { signal } = this.#stopping;
    for (;;) {
      await pause(timers, sweepMs, signal);
      if (signal.aborted) return;
      await this.#sweep();
    }
  }

  /** One kind after the other; one that fails does not keep the next from being swept. */
  async #sweep(): Promise<void> {
    const { logs, blobs, pool, clock, config, logger } = this.#parts;
    const sweeps: Readonly<Record<string, () => Promise<unknown>>> = {
      logs: () => logs.sweep({ ageMs: config.logKeep, bytesMax: config.logStoreBytesMax }),
      blobs: () => blobs.removeAbandoned(clock.nowMs() - abandonedMs),
      commands: () => forgetOldCommands(pool),
      requests: () => forgetOldRequests(pool),
    };
    for (const [what, sweep] of Object.entries(sweeps)) {
      if (this.#stopping.signal.aborted) return;
      await sweep().catch((error: unknown) =>
        logger.warn({ what, error: String(error) }, 'the sweep failed'),
      );
    }
  }
}
