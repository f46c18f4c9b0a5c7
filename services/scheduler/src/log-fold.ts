import { type PlanLookup, type RecordedEvent, streamId } from '#libs/events';
import { Fault, pause } from '#libs/kernel';
import {
  restoreSnapshot,
  SchedulerState,
  schedulerFoldVersion,
  snapshotPlans,
  takeSnapshot,
} from '#libs/scheduling';
import { tellFault } from './pacing.ts';
import type { SchedulerParts } from './scheduler.parts.ts';

/** A start then reads at most about this many events beyond the snapshot. */
export const snapshotEveryEvents = 10_000;
const retryMs = 500;

type Parts = Pick<
  SchedulerParts,
  'store' | 'tail' | 'plans' | 'snapshots' | 'timers' | 'logger' | 'shard'
>;

/** Keeps the scheduler's state up to the log, from a snapshot where there is a usable one. Followers fold as leaders do. */
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

  /** @param isLeading  only the leader puts snapshots away */
  async run(abort: AbortSignal, isLeading: () => boolean): Promise<void> {
    this.#isLeading = isLeading;
    await this.#orLater(abort, () => this.#restore());
    if (abort.aborted) return;
    this.#onBatch();
    for await (const batch of this.#parts.tail.follow(this.#state.position, { abort })) {
      const plans = await this.#orLater(abort, () => this.#plansOf(batch));
      if (plans === undefined) return;
      for (const event of batch) this.#state.apply(event, plans);
      this.#onBatch();
      this.#saveWhenDue();
    }
  }

  async #restore(): Promise<void> {
    const { store, snapshots, plans, shard, logger } = this.#parts;
    const head = await store.head();
    this.#incarnation = head.incarnation;
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
      logger.warn({ shard, error: String(error) }, 'the snapshot is no good: folding from zero');
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
      tellFault(logger, 'snapshot', error);
    } finally {
      this.#isSaving = false;
    }
  }

  /** The answer of `ask`, asked again after each Fault; undefined where the signal aborts first. */
  async #orLater<T>(abort: AbortSignal, ask: () => Promise<T>): Promise<T | undefined> {
    while (!abort.aborted) {
      try {
        return await ask();
      } catch (error) {
        tellFault(this.#parts.logger, 'fold', error);
        await pause(this.#parts.timers, retryMs, abort);
      }
    }
    return undefined;
  }
}
