import { unlessAborted } from './retry-call.ts';

/** One call whose result several callers share. It is aborted when the last caller gives up, not when one does. */
export class SingleFlight<Result> {
  readonly #abort = new AbortController();
  readonly #result: Promise<Result>;
  #waiting = 0;
  #state: 'running' | 'done' | 'failed' = 'running';

  /** Begins at once. */
  constructor(work: (abort: AbortSignal) => Promise<Result>) {
    this.#result = work(this.#abort.signal);
    this.#result.then(
      () => {
        this.#state = 'done';
      },
      () => {
        this.#state = 'failed';
      },
    );
  }

  /** Whether another caller may still join: the work has neither failed nor been aborted. */
  get isWanted(): boolean {
    return this.#state === 'done' || (this.#state === 'running' && !this.#abort.signal.aborted);
  }

  /** @throws the reason of `abort`, at once, if that comes first; else what the work throws */
  async wait(abort: AbortSignal): Promise<Result> {
    this.#waiting += 1;
    try {
      return await unlessAborted(this.#result, abort);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#state === 'running') this.#abort.abort(abort.reason);
    }
  }
}
