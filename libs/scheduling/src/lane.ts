import type { WaitReason } from '#libs/events';
import type { Demand, StepNeeds } from './demand.ts';
import type { ExecutorEntry } from './executor-entry.ts';

/** A queued step that may be assigned now. */
export interface ReadyStep {
  readonly kind: 'ready';
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
  /** The position of its run's run.queued. */
  readonly runPosition: number;
  /** The position of its run.step-queued. Unique. */
  readonly position: number;
  readonly needs: StepNeeds;
  /** The reason that was last written to the log for this wait. */
  noted: WaitReason | undefined;
  /** The lane it waits in; undefined while it is reserved for an executor. */
  lane: Lane | undefined;
  /** The executor that an assignment in flight names. */
  reservedFor: string | undefined;
}

/**
 * The order of the queue: the oldest run first, then the step that became ready first. If the steps' own age decided alone,
 * a busy server would begin every run before it finished one: each later step would queue behind the first steps of all
 * younger runs.
 */
export function compareReady(a: ReadyStep, b: ReadyStep): number {
  return a.runPosition - b.runPosition || a.position - b.position;
}

/**
 * Ready steps that fit the same executors, in the order of the queue. All of a lane's steps wait for the same reason,
 * so matching looks at lanes, not at steps.
 */
export class Lane {
  readonly key: string;
  readonly demand: Demand;
  /** The executors that may take from this lane now: the home executor alone, or all that fit. May be empty. */
  readonly executors: readonly ExecutorEntry[];
  /** True if the steps belong to runs whose workspace is on that one executor. */
  readonly isHome: boolean;
  /** In the order of the queue. Steps that left stay in it until they are swept out. */
  #steps: ReadyStep[] = [];
  #head = 0;
  #size = 0;

  constructor(
    demand: Demand,
    place: {
      readonly key: string;
      readonly executors: readonly ExecutorEntry[];
      readonly isHome: boolean;
    },
  ) {
    this.key = place.key;
    this.demand = demand;
    this.executors = place.executors;
    this.isHome = place.isHome;
  }

  get size(): number {
    return this.#size;
  }

  add(step: ReadyStep): void {
    step.lane = this;
    this.#size += 1;
    const last = this.#steps[this.#steps.length - 1];
    if (last === undefined || compareReady(last, step) < 0) {
      this.#steps.push(step);
      return;
    }
    const at = this.#firstAtOrAfter(step);
    // A step that comes back takes its old place, unless that was swept out.
    if (this.#steps[at] !== step) this.#steps.splice(at, 0, step);
    if (at < this.#head) this.#head = at;
  }

  remove(step: ReadyStep): void {
    step.lane = undefined;
    this.#size -= 1;
    this.#skipGone();
    const gone = this.#steps.length - this.#size;
    if (gone > 32 && gone > this.#size) {
      this.#steps = this.#steps.filter((other) => other.lane === this);
      this.#head = 0;
    }
  }

  /** Index of the first waiting step at or after `from`; -1 if there is none. Indexes are valid until the lane changes. */
  next(from: number): number {
    for (let at = Math.max(from, this.#head); at < this.#steps.length; at += 1) {
      if (this.#steps[at]?.lane === this) return at;
    }
    return -1;
  }

  at(index: number): ReadyStep {
    return this.#steps[index] as ReadyStep;
  }

  *[Symbol.iterator](): Generator<ReadyStep> {
    for (let at = this.next(0); at >= 0; at = this.next(at + 1)) yield this.at(at);
  }

  #skipGone(): void {
    while (this.#head < this.#steps.length && this.#steps[this.#head]?.lane !== this) {
      this.#head += 1;
    }
  }

  #firstAtOrAfter(step: ReadyStep): number {
    let low = 0;
    let high = this.#steps.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareReady(this.#steps[middle] as ReadyStep, step) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
