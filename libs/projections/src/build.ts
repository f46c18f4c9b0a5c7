import type { EventStore, LogHead, PlanCache } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { Fault } from '#libs/kernel';
import type { Pool, PoolClient } from '#libs/postgres';
import {
  CheckpointMoved,
  type FailedEvent,
  Subscription,
  type SubscriptionParts,
  withWrites,
} from '#libs/subscriptions';
import { moveCheckpoints, type TableCheckpoint } from './checkpoints.ts';
import { openDrafts, swapDrafts } from './drafts.ts';
import { plansOf, planWrites, runStatements } from './planned-writes.ts';
import type { Projection } from './projection.ts';
import { forgetOtherSkips, putSkip, readSkips } from './skips.ts';
import { draftTable, statedTables, type TableSet } from './table-set.ts';
import { asRefusal, EventRefused, writeTransaction } from './write-transaction.ts';

export interface BuildParts extends SubscriptionParts {
  readonly pool: Pool;
  readonly store: EventStore;
  readonly plans: PlanCache;
}

export interface BuildOptions {
  readonly projection: Projection;
  /**
   * Begin with the first event, even if there are drafts of this version or live tables of it. Events that were skipped are
   * tried again; one that still cannot be taken is passed over again.
   */
  readonly isRebuild: boolean;
  /** Where the live read models are. */
  livePosition(): number;
  /** Runs work while no live batch is applied by this process. */
  inTurn<Value>(work: () => Promise<Value>): Promise<Value>;
  /** The tables of this version are live. Called in turn. */
  onLive(at: TableCheckpoint, skips: Set<number>): void;
}

const batchMax = 4_000;
/** Drafts take the place of the live tables once they are this close; the rest is applied while the live batches wait. */
const lastStretch = 500;

/**
 * Fills draft tables of a read model from the first event on, and puts them in the place of the live ones. It has its own
 * checkpoint, moved with the rows: a build goes on where a crash ended it, and two processes that build the same take turns.
 */
export class Build {
  readonly #parts: BuildParts;
  readonly #options: BuildOptions;
  readonly #drafts: TableSet;
  readonly #subscription: Subscription;
  #done = Promise.withResolvers<void>();
  #at: TableCheckpoint;
  /** An event before this one cannot be taken: no swap is tried before. */
  #swapAfter = 0;
  #isDone = false;
  #isAnew: boolean;
  /** Positions that the drafts lack. */
  #skips: Set<number> | undefined;
  /** Positions that the live tables lack, which are tried again. */
  #earlierSkips: ReadonlySet<number> = new Set();

  constructor(parts: BuildParts, options: BuildOptions) {
    const { name, version } = options.projection;
    this.#parts = parts;
    this.#options = options;
    this.#drafts = statedTables(options.projection, draftTable);
    this.#isAnew = options.isRebuild;
    this.#at = { name, version, position: 0, incarnation: '' };
    this.#subscription = new Subscription(parts, {
      name: `build of read model ${name} ${version}`,
      keeping: withWrites((head) => this.#place(head)),
      handle: (batch) => this.#apply(batch),
      passOver: (event, failed) => this.#passOver(event, failed),
      onStopped: () => this.#giveUpWaiting(),
      batchMax,
    });
    this.#expect();
  }

  get version(): number {
    return this.#at.version;
  }

  get position(): number {
    return this.#at.position;
  }

  get failed(): FailedEvent | undefined {
    return this.#subscription.failed;
  }

  /** Resolves when the tables are live. @throws Fault `projection.stopped`, or the reason of `stop` */
  get done(): Promise<void> {
    return this.failed ? Promise.reject(this.#stopped()) : this.#done.promise;
  }

  start(): this {
    this.#subscription.start();
    return this;
  }

  skip(): Promise<boolean> {
    return this.#subscription.skip();
  }

  /** Ends the build after the batch at hand. If its version is new, another process, or the next start, goes on with the drafts. */
  async stop(reason: Error): Promise<void> {
    await this.#subscription.stop();
    this.#done.reject(reason);
  }

  async #place(head: LogHead): Promise<number> {
    if (this.#isDone) return head.position;
    const { projection } = this.#options;
    this.#skips ??= await this.#firstSkips();
    const at = await writeTransaction(this.#parts.pool, (client) =>
      openDrafts(client, projection, { head, isAnew: this.#isAnew }),
    );
    this.#isAnew = false;
    if (at.isLive) {
      await this.#options.inTurn(async () => this.#end(at.checkpoint));
      return head.position;
    }
    this.#at = at.checkpoint;
    await this.#swapIfClose();
    return this.#at.position;
  }

  async #firstSkips(): Promise<Set<number>> {
    const { projection, isRebuild } = this.#options;
    const stored = await readSkips(this.#parts.pool, projection);
    if (!isRebuild) return stored;
    this.#earlierSkips = stored;
    return new Set();
  }

  async #apply(batch: readonly RecordedEvent[]): Promise<void> {
    const to = batch.at(-1)?.position ?? 0;
    if (this.#isDone || to <= this.#at.position) return;
    try {
      await this.#write(batch, to);
    } catch (error) {
      const [event, ...others] = batch;
      const isSkippedAgain =
        error instanceof EventRefused &&
        event !== undefined &&
        others.length === 0 &&
        this.#earlierSkips.has(event.position);
      if (!isSkippedAgain) throw error;
      const { position, type } = event;
      await this.#passOver(event, { position, type, error: String(error) });
    }
  }

  async #write(batch: readonly RecordedEvent[], to: number): Promise<void> {
    const statements = await this.#writesOf(batch);
    await writeTransaction(this.#parts.pool, async (client) => {
      await moveCheckpoints(client, 'projection_builds', [this.#at], to);
      await runStatements(client, statements).catch((error) => {
        throw asRefusal(error);
      });
    });
    this.#at = { ...this.#at, position: to };
    await this.#swapIfClose();
  }

  async #passOver(event: RecordedEvent, failed: FailedEvent): Promise<void> {
    const { projection } = this.#options;
    await writeTransaction(this.#parts.pool, async (client) => {
      await moveCheckpoints(client, 'projection_builds', [this.#at], event.position);
      await putSkip(client, projection, failed);
    });
    this.#skips?.add(event.position);
    this.#at = { ...this.#at, position: event.position };
    await this.#swapIfClose();
  }

  async #writesOf(batch: readonly RecordedEvent[], after = this.#at.position) {
    const { projection } = this.#options;
    const skips = this.#skips ?? new Set();
    const plans = await plansOf(batch, this.#parts.plans);
    return planWrites(projection, this.#drafts, batch, { plans, after, skips });
  }

  async #swapIfClose(): Promise<void> {
    const { livePosition, inTurn, projection } = this.#options;
    const { position } = this.#at;
    if (position < this.#swapAfter || livePosition() - position > lastStretch) return;
    const head = await this.#parts.store.head();
    await inTurn(async () => {
      try {
        const swappedAt = await writeTransaction(this.#parts.pool, async (client) => {
          const swapped = await swapDrafts(client, projection, {
            drafts: this.#at,
            head: Math.max(head.position, livePosition()),
            target: livePosition(),
            advance: (to) => this.#advance(client, to),
          });
          await forgetOtherSkips(client, projection, this.#skips ?? new Set());
          return swapped;
        });
        this.#end({ ...this.#at, position: swappedAt });
      } catch (error) {
        // The event comes again by the log, and the build stops at it there.
        if (!(error instanceof EventRefused)) throw error;
        this.#swapAfter = livePosition();
      }
    });
  }

  /** Applies the last events before the swap, in its transaction. */
  async #advance(client: PoolClient, to: number): Promise<void> {
    let { position } = this.#at;
    while (position < to) {
      const read = await this.#parts.store.readLog({ after: position, limit: batchMax });
      const batch = read.filter((event) => event.position <= to);
      const last = batch.at(-1);
      if (last === undefined) throw new CheckpointMoved(`the log ends before ${to}`);
      try {
        await runStatements(client, await this.#writesOf(batch, position));
      } catch (error) {
        throw asRefusal(error);
      }
      position = last.position;
    }
  }

  #expect(): void {
    this.#done = Promise.withResolvers<void>();
    // Nobody has to wait for it.
    this.#done.promise.catch(() => {});
  }

  /** The build goes on after a skip, for callers who ask again. */
  #giveUpWaiting(): void {
    this.#done.reject(this.#stopped());
    this.#expect();
  }

  #stopped(): Fault {
    const { name, position } = this.#at;
    const message = `the build of read model ${name} stopped behind position ${position}: ${this.failed?.error}`;
    return new Fault('projection.stopped', 'never', message);
  }

  #end(at: TableCheckpoint): void {
    this.#isDone = true;
    this.#at = at;
    void this.#subscription.stop();
    this.#options.onLive(at, this.#skips ?? new Set());
    this.#done.resolve();
  }
}
