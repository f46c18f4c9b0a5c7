/**
 * How much output is handled at once. A pipe full of empty lines is one line a byte, each of which becomes a record of the log:
 * this much of it takes a few milliseconds.
 */
export const sliceBytes = 8 * 1024;
/** The budget between two rests: this many slices, or this much work, whichever is used up first. */
const slicesMax = 32;
const workMaxMs = 4;
/** The shortest rest. */
const restMinMs = 1;

/**
 * Turns at handling output. The event loop also serves requests, heartbeats and leases, and a process that never rests gets the processor
 * late if others want it, too. So all steps together have a budget, wait in a row for it, and when it is used up there is a rest as
 * long as the work was. Whoever prints faster is held back by its pipe.
 */
export class OutputTurns {
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  #slices = 0;
  #workMs = 0;
  #isHandling = false;
  #timer: NodeJS.Timeout | undefined;
  #isResting = false;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Calls `handle` with one slice when it is its turn: at once if little is printed. Only what `handle` does before it waits counts as its work. */
  async take<Answer>(handle: () => Answer): Promise<Answer> {
    if (this.#isHandling || this.#isResting || this.#waiting.length > 0)
      await new Promise<void>((go) => this.#waiting.push(go));
    this.#isHandling = true;
    const beganMs = this.#nowMs();
    try {
      return handle();
    } finally {
      this.#isHandling = false;
      this.#count(this.#nowMs() - beganMs);
    }
  }

  #count(workMs: number): void {
    this.#slices += 1;
    this.#workMs += workMs;
    if (this.#slices < slicesMax && this.#workMs < workMaxMs) {
      this.#timer ??= setTimeout(() => this.#renew(), restMinMs);
      this.#next();
      return;
    }
    clearTimeout(this.#timer);
    this.#isResting = true;
    this.#timer = setTimeout(() => this.#renew(), Math.max(restMinMs, this.#workMs));
  }

  #renew(): void {
    this.#timer = undefined;
    this.#isResting = false;
    this.#slices = 0;
    this.#workMs = 0;
    this.#next();
  }

  #next(): void {
    if (this.#isHandling) return;
    const go = this.#waiting.shift();
    if (!go) return;
    // Set before the reader is called, so that others queue behind it.
    this.#isHandling = true;
    go();
  }
}

/** The process has one event loop, so that its steps share one budget. */
export const outputTurns = new OutputTurns();
