/**
 * How much output is handled at once. A pipe full of empty lines is one line a byte, each of which becomes a record of the log:
 * this much of it takes a few milliseconds.
 */
export const sliceBytes = 16 * 1024;
/** Two, so that a second step moves on in the same turn. */
const slicesPerTurn = 2;

/**
 * Turns at handling output. The event loop also serves requests, heartbeats and leases: in each of its turns only so much output is
 * handled, of all steps together, and they wait in a row. Whoever prints faster is held back by its pipe.
 */
export class OutputTurns {
  readonly #waiting: (() => void)[] = [];
  #begun = 0;
  #isScheduled = false;

  /** Resolves when the caller may handle one slice: at once where little is printed. */
  next(): Promise<void> {
    if (this.#begun < slicesPerTurn && this.#waiting.length === 0) {
      this.#begin();
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  #begin(): void {
    this.#begun += 1;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#begun = 0;
    for (const go of this.#waiting.splice(0, slicesPerTurn)) {
      this.#begin();
      go();
    }
  }
}

/** The process has one event loop, so that its steps share one budget. */
export const outputTurns = new OutputTurns();
