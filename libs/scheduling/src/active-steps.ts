import { Delays } from './delays.ts';
import { ExecutorPool, type Home } from './executor-pool.ts';
import type { HandledExecutorEvent } from './handles.ts';
import type { Lane, ReadyStep } from './lane.ts';
import { Lanes } from './lanes.ts';
import type { ActiveStep, RunEntry } from './run-entry.ts';

/**
 * Indexes of the active steps: a ready step is in a lane (unless an assignment in flight reserves it), a live one with its
 * executor, a delayed one in `delays`. Each move costs about the same, however many steps there are.
 */
export class ActiveSteps {
  readonly executors = new ExecutorPool();
  readonly delays = new Delays();
  readonly #lanes = new Lanes(this.executors);
  liveCount = 0;

  /** Ready steps without an assignment in flight. */
  get readyCount(): number {
    return this.#lanes.size;
  }

  /** @param homeOf  the executor that has a run's workspace */
  lanes(homeOf: (runId: string) => Home | undefined): Iterable<Lane> {
    return this.#lanes.current(homeOf);
  }

  /** Adds a step to its run and to its index. */
  place(run: RunEntry, entry: ActiveStep): void {
    run.steps.set(entry.step, entry);
    if (entry.kind === 'ready') this.#lanes.add(entry, run.home);
    else if (entry.kind === 'delayed') this.delays.add(entry);
    else {
      this.executors.hold(entry);
      this.liveCount += 1;
    }
  }

  /** Removes a step from its run and from its index. Does nothing if it is not active. */
  clear(run: RunEntry, step: string): void {
    const entry = run.steps.get(step);
    if (entry === undefined) return;
    run.steps.delete(step);
    if (entry.kind === 'live') {
      this.executors.release(entry);
      this.liveCount -= 1;
    } else if (entry.kind === 'delayed') {
      this.delays.delete(entry);
    } else {
      this.#lanes.remove(entry);
      this.#dropReservation(entry);
    }
  }

  /** An assignment was sent: the step leaves the queue, the executor has one slot less, the run has its home. */
  reserve(run: RunEntry | undefined, step: ReadyStep, executorId: string): void {
    this.#lanes.remove(step);
    step.reservedFor = executorId;
    this.executors.reserve(executorId, 1);
    if (run !== undefined) this.settleAt(run, executorId);
  }

  /** The assignment failed: the step takes its old place, unless a later event has moved it. */
  unreserve(run: RunEntry | undefined, step: ReadyStep): void {
    if (step.reservedFor === undefined) return;
    this.#dropReservation(step);
    if (run?.steps.get(step.step) === step) this.#lanes.add(step, run.home);
  }

  /** Makes an executor the home of a run without one: its other steps go there, too, as long as that executor takes steps. */
  settleAt(run: RunEntry, executorId: string): void {
    const executor = this.executors.get(executorId);
    if (executor === undefined || this.executors.homeOf(run.home) !== undefined) return;
    run.home = { executorId, name: executor.name };
    for (const entry of run.steps.values()) {
      if (entry.kind !== 'ready' || entry.lane === undefined) continue;
      this.#lanes.remove(entry);
      this.#lanes.add(entry, run.home);
    }
  }

  applyExecutor(id: string, event: HandledExecutorEvent): void {
    this.executors.apply(id, event.position, event);
    this.#lanes.executorsChanged();
  }

  #dropReservation(step: ReadyStep): void {
    if (step.reservedFor === undefined) return;
    this.executors.reserve(step.reservedFor, -1);
    step.reservedFor = undefined;
  }
}
