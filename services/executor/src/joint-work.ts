import { unlessAborted } from './patience.ts';

/**
 * One piece of work that several wait for. It is told to stop when the last of them no longer wants it, not when one is.
 */
export class JointWork<Result> {
  readonly #abort = new AbortController();
  readonly #result: Promise<Result>;
  #waiting = 0;
  #state: 'under-way' | 'done' | 'failed' = 'under-way';

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

  /** Whether another one may wait for it: it has neither failed nor been told to stop. */
  get isWanted(): boolean {
    return this.#state === 'done' || (this.#state === 'under-way' && !this.#abort.signal.aborted);
  }

  /** @throws the reason of `abort`, at once, where that comes first; else what the work throws */
  async wait(abort: AbortSignal): Promise<Result> {
    this.#waiting += 1;
    try {
      return await unlessAborted(this.#result, abort);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#state === 'under-way') this.#abort.abort(abort.reason);
    }
  }
}
