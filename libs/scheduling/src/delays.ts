import type { DelayedStep } from './run-entry.ts';

/** The retries that wait until they are due, in the order of their events. */
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

  /** The retries added since the last call. `has` tells whether one still waits. */
  takeNew(): readonly DelayedStep[] {
    const taken = this.#new;
    this.#new = [];
    return taken;
  }

  [Symbol.iterator](): Iterator<DelayedStep> {
    return this.#all.values();
  }
}
