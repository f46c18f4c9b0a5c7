import { isHandled, type PlanLookup, parseStreamName, type RecordedEvent } from '#libs/events';
import { ActiveSteps } from './active-steps.ts';
import { foldRun } from './fold-run.ts';
import { type HandledExecutorEvent, type HandledRunEvent, schedulerHandles } from './handles.ts';
import type { Lane, ReadyStep } from './lane.ts';
import { PastHomes } from './past-homes.ts';
import type { DelayedStep, RunEntry } from './run-entry.ts';

/**
 * The scheduler's state, folded from the log. The fold is deterministic, and each event costs about the same, however long
 * the queue is. One thing does not come from the log: which assignments are in flight (`reserve`).
 */
export class SchedulerState {
  readonly runs = new Map<string, RunEntry>();
  readonly pastHomes = new PastHomes();
  readonly steps = new ActiveSteps();
  readonly executors = this.steps.executors;
  readonly delays = this.steps.delays;
  /** The newest epoch of each shard. */
  readonly epochs = new Map<number, { readonly epoch: number; readonly position: number }>();
  /** The position of the last folded event. */
  position = 0;

  /** Ready steps without an assignment in flight. */
  get readyCount(): number {
    return this.steps.readyCount;
  }

  /** Attempts that executors hold. */
  get liveCount(): number {
    return this.steps.liveCount;
  }

  lanes(): Iterable<Lane> {
    return this.steps.lanes((runId) => this.runs.get(runId)?.home);
  }

  /** The retries added since the last call (after a restore: all). Those that still wait are in `delays`. */
  takeNewDelays(): readonly DelayedStep[] {
    return this.delays.takeNew();
  }

  /** Folds one event, unless it was folded before. The plan of the event's run must be loaded. */
  apply(event: RecordedEvent, plans: PlanLookup): void {
    if (event.position <= this.position) return;
    this.position = event.position;
    if (!isHandled(schedulerHandles, event)) return;
    const { kind, id } = parseStreamName(event.stream);
    if (kind === 'run') foldRun(this, id, { event: event as HandledRunEvent, plans });
    else if (kind === 'executor') this.steps.applyExecutor(id, event as HandledExecutorEvent);
    else if (event.type === 'scheduler.leader-changed') {
      const { shard, epoch } = event.data;
      const newest = this.epochs.get(shard)?.epoch ?? 0;
      if (epoch > newest) this.epochs.set(shard, { epoch, position: event.position });
    }
  }

  /** An assignment was sent: the step leaves the queue, the executor has one slot less, the run has its home. */
  reserve(step: ReadyStep, executorId: string): void {
    this.steps.reserve(this.runs.get(step.runId), step, executorId);
  }

  /** The assignment failed: the step takes its old place, unless a later event has moved it. */
  unreserve(step: ReadyStep): void {
    this.steps.unreserve(this.runs.get(step.runId), step);
  }
}
