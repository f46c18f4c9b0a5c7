import type { RecordedEvent } from '#libs/events';
import type { EventStore } from './event-store.ts';
import type { LogTail } from './runner.ts';

const pageMax = 500;

/** A tail that can be ended: each follower then gets the events recorded by that time, and its iteration ends. */
export class EndingTail implements LogTail {
  readonly #tail: LogTail;
  readonly #store: Pick<EventStore, 'readLog'>;
  readonly #end = new AbortController();

  constructor(parts: { readonly tail: LogTail; readonly store: Pick<EventStore, 'readLog'> }) {
    this.#tail = parts.tail;
    this.#store = parts.store;
  }

  get position(): number {
    return this.#tail.position;
  }

  /** Followers that come later end, too. Idempotent. */
  end(): void {
    this.#end.abort();
  }

  async *follow(
    after: number,
    options: { readonly abort: AbortSignal; readonly batchMax?: number },
  ): AsyncGenerator<readonly RecordedEvent[], void, void> {
    let position = after;
    const abort = AbortSignal.any([options.abort, this.#end.signal]);
    for await (const batch of this.#tail.follow(after, { ...options, abort })) {
      position = batch.at(-1)?.position ?? position;
      yield batch;
    }
    const limit = options.batchMax ?? pageMax;
    while (!options.abort.aborted) {
      const batch = await this.#store.readLog({ after: position, limit });
      if (batch.length === 0) return;
      position = batch.at(-1)?.position ?? position;
      yield batch;
    }
  }
}
