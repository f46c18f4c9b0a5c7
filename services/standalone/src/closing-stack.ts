/** Closes what was opened, the last first. */
export class ClosingStack {
  readonly #closes: (() => unknown)[] = [];

  add(close: () => unknown): void {
    this.#closes.push(close);
  }

  /** Stops at the first that fails; called again, it goes on behind it. */
  async close(): Promise<void> {
    for (let next = this.#closes.pop(); next; next = this.#closes.pop()) await next();
  }
}
