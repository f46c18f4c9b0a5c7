import { type ExecutorEntry, freeSlots } from './executor-entry.ts';
import { Heap } from './heap.ts';
import { compareReady, type Lane, type ReadyStep } from './lane.ts';
import type { SchedulerState } from './scheduler-state.ts';

/** One step for one executor. */
export interface Placement {
  readonly step: ReadyStep;
  readonly executorId: string;
}

/** The next step of a lane. */
interface Head {
  readonly lane: Lane;
  readonly index: number;
  readonly step: ReadyStep;
}

/**
 * Which head goes first: today the order of the queue. This is the one place for priority and for fairness between tenants.
 * Lanes will then be split by what those depend on, so that the order within a lane stays the queue's.
 */
function compareHeads(a: Head, b: Head): number {
  return compareReady(a.step, b.step);
}

/** What this pick has assigned so far, in addition to the state. */
class Ledger {
  readonly #state: SchedulerState;
  readonly #taken = new Map<string, number>();
  /** Homes that runs get from this pick. */
  readonly #homes = new Map<string, ExecutorEntry>();

  constructor(state: SchedulerState) {
    this.#state = state;
  }

  free(executor: ExecutorEntry): number {
    return freeSlots(executor) - (this.#taken.get(executor.id) ?? 0);
  }

  hasFree(lane: Lane): boolean {
    return lane.executors.some((executor) => this.free(executor) > 0);
  }

  /** The executor of the lane with the most free slots, of equals the first registered; only the home if the run has one. */
  choose({ lane, step }: Head): ExecutorEntry | undefined {
    const home = lane.isHome ? undefined : this.#homes.get(step.runId);
    if (home !== undefined && lane.executors.includes(home)) {
      return this.free(home) > 0 ? home : undefined;
    }
    let best: ExecutorEntry | undefined;
    let bestFree = 0;
    for (const executor of lane.executors) {
      const free = this.free(executor);
      if (free > bestFree) {
        best = executor;
        bestFree = free;
      }
    }
    return best;
  }

  take(step: ReadyStep, executor: ExecutorEntry): void {
    this.#taken.set(executor.id, (this.#taken.get(executor.id) ?? 0) + 1);
    if (this.#homes.has(step.runId)) return;
    const home = this.#state.executors.homeOf(this.#state.runs.get(step.runId)?.home);
    if (home === undefined) this.#homes.set(step.runId, executor);
  }
}

/**
 * Matches ready steps with free slots: labels, isolation, and the home of the run. Pure and deterministic; the caller
 * reserves the placements. It takes time in lanes + placements · log lanes, independent of the length of the queue.
 *
 * @returns at most `limit` placements, the most urgent first
 */
export function pickNext(
  state: SchedulerState,
  { limit }: { readonly limit: number },
): readonly Placement[] {
  const placements: Placement[] = [];
  if (limit <= 0 || state.readyCount === 0) return placements;
  const ledger = new Ledger(state);
  const heads = new Heap<Head>(compareHeads);
  const advance = (lane: Lane, from: number) => {
    const index = ledger.hasFree(lane) ? lane.next(from) : -1;
    if (index >= 0) heads.push({ lane, index, step: lane.at(index) });
  };
  for (const lane of state.lanes()) advance(lane, 0);
  while (placements.length < limit) {
    const head = heads.pop();
    if (head === undefined) break;
    const executor = ledger.choose(head);
    if (executor !== undefined) {
      ledger.take(head.step, executor);
      placements.push({ step: head.step, executorId: executor.id });
    }
    advance(head.lane, head.index + 1);
  }
  return placements;
}
