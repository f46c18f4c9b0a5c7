import { Delays } from './delays.ts';
import { ExecutorPool, type Home } from './executor-pool.ts';
import type { HandledExecutorEvent } from './handles.ts';
import type { Lane, ReadyStep } from './lane.ts';
import { Lanes } from './lanes.ts';
import type { ActiveStep, RunEntry } from './run-entry.ts';

/**
 * Every active step in the one place where it is looked for: a ready one in a lane, unless an assignment on its way
 * reserves it; a live one with its executor; a delayed one among the delays. Each move costs about the same, however
 * many steps there are.
 */
export class ActiveSteps {
  readonly executors = new ExecutorPool();
  readonly delays = new Delays();
  readonly #lanes = new Lanes(this.executors);
  liveCount = 0;

  /** Ready steps without an assignment on its way. */
  get readyCount(): number {
    return this.#lanes.size;
  }

  /** @param homeOf  where a run's workspace lives */
  lanes(homeOf: (runId: string) => Home | undefined): Iterable<Lane> {
    return this.#lanes.current(homeOf);
  }

  /** Puts a step into its run and wherever else it belongs. */
  place(run: RunEntry, entry: ActiveStep): void {
    run.steps.set(entry.step, entry);
    if (entry.kind === 'ready') this.#lanes.add(entry, run.home);
    else if (entry.kind === 'delayed') this.delays.add(entry);
    else {
      this.executors.hold(entry);
      this.liveCount += 1;
    }
  }

  /** Takes a step out of its run and everywhere else, if it is active. */
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

  /** An assignment is on its way: the step leaves the queue, a slot is taken, the run has its home. */
  reserve(run: RunEntry | undefined, step: ReadyStep, executorId: string): void {
    this.#lanes.remove(step);
    step.reservedFor = executorId;
    this.executors.reserve(executorId, 1);
    if (run !== undefined) this.settleAt(run, executorId);
  }

  /** The assignment came to nothing: the step takes its old place, unless the log went on meanwhile. */
  unreserve(run: RunEntry | undefined, step: ReadyStep): void {
    if (step.reservedFor === undefined) return;
    this.#dropReservation(step);
    if (run?.steps.get(step.step) === step) this.#lanes.add(step, run.home);
  }

  /** All steps of a run go where its first one went, for as long as that executor may take any. */
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
