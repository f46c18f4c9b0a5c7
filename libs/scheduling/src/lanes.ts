import { type Demand, fits } from './demand.ts';
import type { ExecutorEntry } from './executor-entry.ts';
import type { ExecutorPool, Home } from './executor-pool.ts';
import { compareReady, Lane, type ReadyStep } from './lane.ts';

/** How many demands are remembered: users choose labels freely, so their number has to be bounded. */
const fittingMax = 1_000;

/** The ready steps, sorted into lanes. After a change of the executors, lanes are rebuilt when they are next asked for. */
export class Lanes {
  readonly #executors: ExecutorPool;
  readonly #lanes = new Map<string, Lane>();
  /** The executors that fit a demand, by its key. */
  readonly #fitting = new Map<string, readonly ExecutorEntry[]>();
  #size = 0;
  #isStale = false;

  constructor(executors: ExecutorPool) {
    this.#executors = executors;
  }

  /** Ready steps that are not reserved. */
  get size(): number {
    return this.#size;
  }

  add(step: ReadyStep, home: Home | undefined): void {
    this.#laneFor(step.needs.demand, home).add(step);
    this.#size += 1;
  }

  remove(step: ReadyStep): void {
    const { lane } = step;
    if (lane === undefined) return;
    lane.remove(step);
    this.#size -= 1;
    if (lane.size === 0 && this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key);
  }

  /** Executors came, went or were drained: forgets which executors fit which demand. */
  executorsChanged(): void {
    this.#isStale = true;
    this.#fitting.clear();
  }

  /** The lanes with steps in them. `homeOf` tells which executor has a run's workspace. */
  current(homeOf: (runId: string) => Home | undefined): Iterable<Lane> {
    if (this.#isStale) this.#redraw(homeOf);
    return this.#lanes.values();
  }

  #redraw(homeOf: (runId: string) => Home | undefined): void {
    const waiting = [...this.#lanes.values()].flatMap((lane) => [...lane]);
    waiting.sort(compareReady);
    this.#lanes.clear();
    this.#isStale = false;
    for (const step of waiting) this.#laneFor(step.needs.demand, homeOf(step.runId)).add(step);
  }

  #laneFor(demand: Demand, home: Home | undefined): Lane {
    const executor = this.#executors.homeOf(home);
    // A step that does not fit its run's home goes elsewhere; it would wait for ever there.
    const isHome = executor !== undefined && fits(executor, demand);
    const key = isHome ? `${demand.key}@${executor.id}` : demand.key;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      const executors = isHome ? [executor] : this.#fit(demand);
      lane = new Lane(demand, { key, executors, isHome });
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #fit(demand: Demand): readonly ExecutorEntry[] {
    let executors = this.#fitting.get(demand.key);
    if (executors === undefined) {
      executors = this.#executors.fitting(demand);
      if (this.#fitting.size >= fittingMax) this.#fitting.clear();
      this.#fitting.set(demand.key, executors);
    }
    return executors;
  }
}
