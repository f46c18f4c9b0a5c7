import type { Timers } from '#libs/kernel';

/** Callers that wait until read models have come so far. */
export class PositionWaits {
  readonly #timers: Timers;
  readonly #onWait: () => void;
  readonly #waits = new Set<{ readonly isOver: () => boolean; readonly end: () => void }>();

  /** @param onWait  told whenever somebody begins to wait */
  constructor(timers: Timers, onWait: () => void) {
    this.#timers = timers;
    this.#onWait = onWait;
  }

  get hasWaiting(): boolean {
    return this.#waits.size > 0;
  }

  /** Resolves when `isOver` holds, when the time is over, or by `end`. */
  async until(isOver: () => boolean, timeoutMs: number): Promise<void> {
    if (isOver()) return;
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        this.#waits.delete(wait);
        resolve();
      };
      const wait = { isOver, end };
      const cancel = this.#timers.after(timeoutMs, end);
      this.#waits.add(wait);
      this.#onWait();
    });
  }

  /** Told when something has moved. */
  look(): void {
    for (const wait of [...this.#waits]) if (wait.isOver()) wait.end();
  }

  end(): void {
    for (const { end } of [...this.#waits]) end();
  }
}
