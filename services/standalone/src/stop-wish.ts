/** Why and how a server ends. */
export interface StopWish {
  /** `drain`: running steps may end. `now`: they are ended. `gone`: there is no place left to write to. */
  readonly how: 'drain' | 'now' | 'gone';
  /** For people: what asks for it. */
  readonly why: string;
  readonly exitCode: number;
}

/** Collects the wishes that this process end: the first begins it, a further one that insists cuts it short. */
export class StopWishes {
  readonly #first = Promise.withResolvers<StopWish>();
  readonly #enough = new AbortController();
  #count = 0;
  #exitCode = 0;

  /** The first wish. */
  get first(): Promise<StopWish> {
    return this.#first.promise;
  }

  /** The worst that any wish asks for: a crash while the server ends is a crash. */
  get exitCode(): number {
    return this.#exitCode;
  }

  /** Aborted: what runs is ended at once. */
  get enough(): AbortSignal {
    return this.#enough.signal;
  }

  /** @returns how often it was wished for, from 1 */
  wish(wish: StopWish, options: { readonly insists: boolean } = { insists: false }): number {
    this.#count += 1;
    this.#exitCode = Math.max(this.#exitCode, wish.exitCode);
    this.#first.resolve(wish);
    if (wish.how !== 'drain' || (options.insists && this.#count > 1)) this.#enough.abort();
    return this.#count;
  }
}
