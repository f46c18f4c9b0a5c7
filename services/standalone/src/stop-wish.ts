/** A request that a server end, and why. */
export interface StopWish {
  /** `drain`: running steps may end. `now`: they are ended. `gone`: there is no place left to write to. */
  readonly how: 'drain' | 'now' | 'gone';
  /** The reason, for people. */
  readonly why: string;
  readonly exitCode: number;
}

/** Collects the requests that this process end: the first begins the end, a further one that insists cuts it short. */
export class StopWishes {
  readonly #first = Promise.withResolvers<StopWish>();
  readonly #enough = new AbortController();
  #count = 0;
  #exitCode = 0;

  /** The first wish. */
  get first(): Promise<StopWish> {
    return this.#first.promise;
  }

  /** The highest exit code of all requests: a crash while the server ends is a crash. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** Aborted when running steps are to end at once. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  /** @returns the number of requests so far, from 1 */
  wish(wish: StopWish, options: { readonly insists: boolean } = { insists: false }): number {
    this.#count += 1;
    this.#exitCode = Math.max(this.#exitCode, wish.exitCode);
    this.#first.resolve(wish);
    if (wish.how !== 'drain' || (options.insists && this.#count > 1)) this.#enough.abort();
    return this.#count;
  }
}
