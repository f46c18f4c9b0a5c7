/** The followers of logs that are written in this process: they are woken without a look at the disk. */
export class LiveLogs {
  readonly #writers = new Set<string>();
  readonly #watches = new Map<string, Set<LogWatch>>();

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
    for (const watch of this.#watches.get(path) ?? []) watch.notify();
  }

  /** From now on no change of the log is missed; the caller closes the watch. */
  watch(path: string): LogWatch {
    const watches = this.#watches.get(path) ?? new Set();
    this.#watches.set(path, watches);
    const watch = new LogWatch(() => {
      watches.delete(watch);
      if (watches.size === 0 && this.#watches.get(path) === watches) this.#watches.delete(path);
    });
    watches.add(watch);
    return watch;
  }
}

/** The watch of one follower: a change between its look at the file and its wait ends the wait at once. */
export class LogWatch {
  readonly #onClose: () => void;
  #hasChanged = false;
  #wake: (() => void) | undefined;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  notify(): void {
    this.#hasChanged = true;
    this.#wake?.();
  }

  /** Forgets the changes so far: called before looking at the file. */
  reset(): void {
    this.#hasChanged = false;
  }

  /** Resolves at the first change since `reset`, after `timeoutMs`, or when the signal aborts. */
  change(timeoutMs: number, abort: AbortSignal | undefined): Promise<void> {
    if (this.#hasChanged || abort?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        abort?.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#wake = done;
      abort?.addEventListener('abort', done, { once: true });
    });
  }

  close(): void {
    this.#onClose();
  }
}
