import type { Timers } from '#libs/kernel';
import type { LogSignal } from './event-store.ts';

/** Wakes the loops of this process. Loops in other processes poll. */
export class InProcessLogSignal implements LogSignal {
  readonly #timers: Timers;
  readonly #waiting = new Set<{ readonly after: number; readonly wake: () => void }>();
  #position = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  notify(position: number): void {
    this.#position = Math.max(this.#position, position);
    for (const waiter of [...this.#waiting]) {
      if (this.#position > waiter.after) waiter.wake();
    }
  }

  waitFor(after: number, timeoutMs: number, abort?: AbortSignal): Promise<void> {
    if (this.#position > after || abort?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      this.#waiting.delete(waiter);
      cancelTimer();
      abort?.removeEventListener('abort', wake);
      resolve();
    };
    const waiter = { after, wake };
    this.#waiting.add(waiter);
    const cancelTimer = this.#timers.after(timeoutMs, wake);
    abort?.addEventListener('abort', wake);
    return promise;
  }
}
