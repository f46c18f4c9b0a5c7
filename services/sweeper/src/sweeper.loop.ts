import type { FsTenantBlobs } from '#libs/blobs';
import type { Config } from '#libs/config';
import { type Clock, pause, settledWithin, type Timers } from '#libs/kernel';
import {
  type GuardedWrites,
  Leader,
  type LeaderLease,
  type LeaderLeases,
  type LeaderTerms,
} from '#libs/leases';
import type { FsLogStore } from '#libs/logs';
import type { PoolClient } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { forgetRows, forgetStatements } from './forget-rows.ts';

export interface SweeperParts {
  readonly logs: Pick<FsLogStore, 'sweep'>;
  readonly blobs: Pick<FsTenantBlobs, 'removeAbandoned'>;
  readonly leases: LeaderLeases;
  readonly guarded: GuardedWrites<Pick<PoolClient, 'query'>>;
  /** Who this process is; unique for each life of a process. */
  readonly holder: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly config: Pick<Config, 'logKeep' | 'logStoreBytesMax'>;
  readonly logger: Logger;
}

/** How often the sweeper looks, in milliseconds: what is kept for a day may stay an hour longer. */
const sweepMs = 3_600_000;
/** No upload takes longer, in milliseconds: an older part of a blob was left by one that was interrupted. */
const abandonedMs = 24 * 3_600_000;
const stopWithinMs = 2_000;
/** Nobody waits for a sweep, and an idle server should write little: a renewal every two minutes. */
const sweeperTerms: LeaderTerms = { termMs: 600_000, renewMs: 120_000, watchMs: 120_000 };

/**
 * Retention, every hour, first an hour after the start: a server that ends earlier because nobody needs it sweeps nothing. What
 * goes, and when:
 *
 * - logs, of whole runs: if nothing was written to them for longer than `log_keep` (90 days), then the oldest until all take
 *   at most `log_store_bytes_max` (20 GiB);
 * - parts of blobs whose upload was interrupted: after a day;
 * - command ids and idempotency keys: after a day (`commandLifetimeMs` of event-store).
 *
 * What stays for ever: artifacts and sources (`libs/blobs/README.md`), and the log of events.
 *
 * Logs and blobs are this process's own files. All processes share the rows of the database: only the leader deletes them.
 * Workspaces lie with an executor, which removes them itself (`workspace-retention.ts` there): after `workspace_keep`
 * (24 hours), and beyond `workspace_bytes_max` (10 GiB).
 */
export class Sweeper {
  readonly #parts: SweeperParts;
  readonly #leader: Leader<LeaderLease>;
  readonly #stopping = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    this.#leader = new Leader({
      ...parts,
      name: 'sweeper',
      onElected: async (lease) => lease,
      terms: sweeperTerms,
    });
  }

  /** Returns at once. Called once. */
  start(): void {
    const { signal } = this.#stopping;
    this.#ended = Promise.all([this.#run(signal), this.#leader.run(signal)]);
  }

  /**
   * Ends a sweep in progress after what it removes now. Resolves when another process may lead, after two seconds at most: if
   * the database does not answer, the lease ends by itself. Idempotent.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await settledWithin(this.#parts.timers, stopWithinMs, this.#ended);
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { timers } = this.#parts;
    for (;;) {
      await pause(timers, sweepMs, signal);
      if (signal.aborted) return;
      await this.#sweep();
    }
  }

  /** One kind after the other; one that fails does not keep the next from being swept. */
  async #sweep(): Promise<void> {
    const { logs, blobs, clock, config, logger } = this.#parts;
    const sweeps: Readonly<Record<string, () => Promise<unknown>>> = {
      logs: () => logs.sweep({ ageMs: config.logKeep, bytesMax: config.logStoreBytesMax }),
      blobs: () => blobs.removeAbandoned(clock.nowMs() - abandonedMs),
      commands: () => this.#forget(forgetStatements.commands),
      requests: () => this.#forget(forgetStatements.requests),
    };
    for (const [what, sweep] of Object.entries(sweeps)) {
      if (this.#stopping.signal.aborted) return;
      await sweep().catch((error: unknown) =>
        logger.warn({ what, error: String(error) }, 'the sweep failed'),
      );
    }
  }

  /** Repeats the statement until no more is to be forgotten, this process does not lead, or it is told to stop. */
  async #forget(statement: string): Promise<void> {
    for (let isMore = true; isMore && !this.#stopping.signal.aborted; ) {
      const lease = this.#leader.current;
      if (lease === undefined) return;
      const isWritten = await this.#parts.guarded.write(lease, async (client) => {
        isMore = await forgetRows(client, statement);
      });
      if (!isWritten) return this.#leader.stepDown('a newer epoch refused the write');
    }
  }
}
