import type { LogHead } from '#libs/event-store';
import { type PlanLookup, type RecordedEvent, streamId } from '#libs/events';
import { Fault } from '#libs/kernel';
import {
  restoreSnapshot,
  SchedulerState,
  schedulerFoldVersion,
  snapshotPlans,
  takeSnapshot,
} from '#libs/scheduling';
import { Subscription, withWrites } from '#libs/subscriptions';
import { logFault } from './pacing.ts';
import type { SchedulerParts } from './scheduler.parts.ts';

/** A start then reads at most about this many events beyond the snapshot. */
export const snapshotEveryEvents = 10_000;

type Parts = Pick<
  SchedulerParts,
  'store' | 'tail' | 'plans' | 'snapshots' | 'timers' | 'logger' | 'shard'
>;

/** Keeps the scheduler's state up to the log, from a snapshot if there is a usable one. Followers fold as leaders do. */
export class LogFold {
  readonly #parts: Parts;
  readonly #onBatch: () => void;
  #state = new SchedulerState();
  #incarnation = '';
  #snapshotPosition = 0;
  #isSaving = false;
  #isLeading = () => false;

  /** @param onBatch  called after each batch was folded, and once the snapshot is in. Must not throw. */
  constructor(parts: Parts, onBatch: () => void) {
    this.#parts = parts;
    this.#onBatch = onBatch;
  }

  get state(): SchedulerState {
    return this.#state;
  }

  /**
   * Folds until the signal aborts.
   *
   * @param isLeading  only the leader stores snapshots
   * @throws if the log cannot be followed or an event cannot be folded: a bug, after which nothing that is accepted would begin
   */
  async run(abort: AbortSignal, isLeading: () => boolean): Promise<void> {
    this.#isLeading = isLeading;
    const ended = Promise.withResolvers<void>();
    const subscription = new Subscription(this.#parts, {
      name: 'scheduler',
      keeping: withWrites((head) => this.#place(head)),
      handle: (events) => this.#fold(events),
      onBug: (bug) => ended.reject(bug),
      onStopped: ({ position, error }) =>
        ended.reject(new Error(`the scheduler cannot fold the event at ${position}: ${error}`)),
    });
    if (abort.aborted) return;
    const end = () => ended.resolve();
    abort.addEventListener('abort', end);
    subscription.start();
    try {
      await ended.promise;
    } finally {
      abort.removeEventListener('abort', end);
      await subscription.stop();
    }
  }

  /** Goes on from what is folded, unless that is of another log. */
  async #place(head: LogHead): Promise<number> {
    if (this.#incarnation !== head.incarnation) {
      await this.#restore(head);
      this.#incarnation = head.incarnation;
      this.#onBatch();
    }
    return this.#state.position;
  }

  async #fold(events: readonly RecordedEvent[]): Promise<void> {
    const plans = await this.#plansOf(events);
    for (const event of events)
      if (event.position > this.#state.position) this.#state.apply(event, plans);
    this.#onBatch();
    this.#saveWhenDue();
  }

  async #restore(head: LogHead): Promise<void> {
    const { snapshots, plans, shard, logger } = this.#parts;
    this.#state = new SchedulerState();
    this.#snapshotPosition = 0;
    try {
      const stored = await snapshots.load(shard);
      if (
        stored?.incarnation !== head.incarnation ||
        stored.foldVersion !== schedulerFoldVersion ||
        stored.snapshot.position > head.position
      ) {
        return;
      }
      const lookup = await plans.load(snapshotPlans(stored.snapshot));
      this.#state = restoreSnapshot(stored.snapshot, lookup);
      this.#snapshotPosition = this.#state.position;
    } catch (error) {
      if (error instanceof Fault) throw error;
      // Whatever is wrong with it, the log is right: a broken snapshot must not keep the scheduler from starting.
      logger.warn({ shard, error: String(error) }, 'snapshot is not usable: folding the whole log');
    }
  }

  /** The plans that the batch needs: those of its new runs, and of the runs whose steps it moves. */
  #plansOf(batch: readonly RecordedEvent[]): Promise<PlanLookup> {
    const hashes = new Set<string>();
    for (const event of batch) {
      switch (event.type) {
        case 'run.queued':
          hashes.add(event.data.planHash);
          break;
        case 'run.step-queued':
        case 'run.step-assigned':
        case 'run.step-retry-scheduled': {
          const run = this.#state.runs.get(streamId('run', event.stream));
          if (run !== undefined) hashes.add(run.planHash);
          break;
        }
        default:
      }
    }
    return this.#parts.plans.load(hashes);
  }

  #saveWhenDue(): void {
    const { position } = this.#state;
    if (position - this.#snapshotPosition < snapshotEveryEvents) return;
    if (this.#isSaving || !this.#isLeading()) return;
    this.#isSaving = true;
    this.#snapshotPosition = position;
    void this.#save();
  }

  async #save(): Promise<void> {
    const { snapshots, shard, logger } = this.#parts;
    const incarnation = this.#incarnation;
    const snapshot = takeSnapshot(this.#state);
    try {
      await snapshots.save(shard, { incarnation, foldVersion: schedulerFoldVersion, snapshot });
    } catch (error) {
      logFault(logger, 'snapshot', error);
    } finally {
      this.#isSaving = false;
    }
  }
}
