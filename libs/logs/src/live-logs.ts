/** Who follows a log that is being written in this process: wakes followers without asking the disk. */
export class LiveLogs {
  readonly #writers = new Set<string>();
  readonly #waiting = new Map<string, Set<() => void>>();

  open(path: string): void {
    this.#writers.add(path);
  }

  isOpen(path: string): boolean {
    return this.#writers.has(path);
  }

  close(path: string): void {
    this.#writers.delete(path);
    this.notify(path);
  }

  notify(path: string): void {
    for (const wake of this.#waiting.get(path) ?? []) wake();
  }

  /** Resolves at the next change of the log, after `timeoutMs`, or when the signal aborts. */
  change(path: string, timeoutMs: number, abort: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(path) ?? new Set();
      this.#waiting.set(path, waiting);
      const done = () => {
        clearTimeout(timer);
        abort?.removeEventListener('abort', done);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(path);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      waiting.add(done);
      abort?.addEventListener('abort', done, { once: true });
      if (abort?.aborted) done();
    });
  }
}
