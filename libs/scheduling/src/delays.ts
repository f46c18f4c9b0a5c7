import type { DelayedStep } from './run-entry.ts';

/** All retries that wait for their time, in the order in which they came. */
export class Delays {
  readonly #all = new Set<DelayedStep>();
  #new: DelayedStep[] = [];

  get size(): number {
    return this.#all.size;
  }

  has(delayed: DelayedStep): boolean {
    return this.#all.has(delayed);
  }

  add(delayed: DelayedStep): void {
    this.#all.add(delayed);
    this.#new.push(delayed);
  }

  delete(delayed: DelayedStep): void {
    this.#all.delete(delayed);
  }

  /** What came since the last call. Some of it may be over by now; `has` tells. */
  takeNew(): readonly DelayedStep[] {
    const taken = this.#new;
    this.#new = [];
    return taken;
  }

  [Symbol.iterator](): Iterator<DelayedStep> {
    return this.#all.values();
  }
}
