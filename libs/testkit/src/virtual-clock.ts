import type { Clock, Timers } from '#libs/kernel';
import { Heap } from '#libs/scheduling';

interface Timer {
  readonly dueMs: number;
  /** Timers due at the same moment run in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/**
 * Time that stands still until it is told to go on: clock and timers for simulations. Between two timers everything that
 * was promised is allowed to happen, as long as it waits for nothing outside the process.
 */
export class VirtualClock implements Clock, Timers {
  readonly #timers = new Heap<Timer>((a, b) => a.dueMs - b.dueMs || a.order - b.order);
  #monotonicMs = 0;
  #wallMs: number;
  #order = 0;

  /** @param wallMs  wall time at the start, Unix milliseconds */
  constructor(wallMs: number = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  nowMs(): number {
    return this.#wallMs + this.#monotonicMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Sets the wall clock by so much, ahead or back; the monotonic clock does not notice. */
  jumpWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#order += 1;
    const dueMs = this.#monotonicMs + Math.max(0, delayMs);
    const timer = { dueMs, order: this.#order, callback, isCancelled: false };
    this.#timers.push(timer);
    return () => {
      timer.isCancelled = true;
    };
  }

  /** Lets time pass. Each timer that comes due runs at its own moment, and what follows from it before the next one. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#monotonicMs + byMs;
    await settle();
    for (let timer = this.#next(endMs); timer !== undefined; timer = this.#next(endMs)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, timer.dueMs);
      timer.callback();
      await settle();
    }
    this.#monotonicMs = endMs;
  }

  /**
   * Lets time pass in steps until the condition holds.
   *
   * @throws where it does not within `limitMs`
   */
  async until(condition: () => boolean, limitMs: number, stepMs = 10): Promise<void> {
    const endMs = this.#monotonicMs + limitMs;
    await settle();
    while (!condition()) {
      if (this.#monotonicMs >= endMs) throw new Error(`not within ${limitMs} ms: ${condition}`);
      await this.advance(Math.min(stepMs, endMs - this.#monotonicMs));
    }
  }

  #next(endMs: number): Timer | undefined {
    for (let timer = this.#timers.peek(); timer !== undefined; timer = this.#timers.peek()) {
      if (!timer.isCancelled && timer.dueMs > endMs) return undefined;
      this.#timers.pop();
      if (!timer.isCancelled) return timer;
    }
    return undefined;
  }
}

/** Resolves when every promise that could go on has done so: microtasks all run before an immediate does. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
