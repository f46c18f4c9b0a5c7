import type { RecordedEvent } from '#libs/events';
import { Fault, invariant, type Timers } from '#libs/kernel';
import type { EventStore, LogSignal } from './event-store.ts';
import { EventWindow } from './event-window.ts';
import type { LogTail } from './runner.ts';

export interface LogTailParts {
  readonly store: Pick<EventStore, 'readLog' | 'head'>;
  readonly signal: LogSignal;
  readonly timers: Timers;
  /** Told when the log cannot be read; the tail waits and tries again. Must not throw. */
  readonly onFault?: (fault: Fault) => void;
}

/** How many of the newest events are kept in memory. Followers that are further behind read the store. */
const window = { eventsMax: 4_096, bytesMax: 16 * 1024 * 1024 };
const batchMaxDefault = 500;
const pollBusyMs = 5;
const pollIdleMs = 250;
const retryMs = 500;

/**
 * The tail of the log in this process. Its own appends arrive by `feed`; one poller fetches the rest, as long as there are
 * followers. A follower that falls behind the window, or starts far back, reads the store at its own pace, so a slow one
 * costs the others nothing.
 */
export class StoreLogTail implements LogTail {
  readonly #parts: LogTailParts;
  readonly #window = new EventWindow(window);
  /** Woken whenever the window grew. */
  #grown = Promise.withResolvers<void>();
  #followers = 0;
  /** The newest position that was fed or given out. */
  #seen = 0;
  #polling: AbortController | undefined;

  constructor(parts: LogTailParts) {
    this.#parts = parts;
  }

  get position(): number {
    return Math.max(this.#seen, this.#window.newest);
  }

  /** Takes what this process has just appended, in order. Events that do not follow the known ones are left to the poller. */
  feed(events: readonly RecordedEvent[]): void {
    this.#seen = Math.max(this.#seen, events.at(-1)?.position ?? 0);
    if (this.#window.push(events)) this.#wake();
  }

  async *follow(
    after: number,
    options: { readonly abort: AbortSignal; readonly batchMax?: number },
  ): AsyncGenerator<readonly RecordedEvent[], void, void> {
    const { abort, batchMax = batchMaxDefault } = options;
    this.#join();
    try {
      let position = after;
      while (!abort.aborted) {
        const grown = this.#grown.promise;
        const batch = await this.#next(position, batchMax, abort);
        if (abort.aborted) return;
        if (batch.length === 0) {
          await orAborted(grown, abort);
        } else {
          const last = batch.at(-1);
          invariant(
            batch[0]?.position === position + 1 && last?.position === position + batch.length,
            `the log has a hole behind ${position}`,
          );
          this.#seen = Math.max(this.#seen, last.position);
          yield batch;
          position = last.position;
        }
      }
    } finally {
      this.#leave();
    }
  }

  async #next(
    after: number,
    batchMax: number,
    abort: AbortSignal,
  ): Promise<readonly RecordedEvent[]> {
    if (!this.#window.isPlaced) return [];
    const batch = this.#window.read(after, batchMax);
    if (batch !== undefined) return batch;
    try {
      return await this.#parts.store.readLog({ after, limit: batchMax });
    } catch (error) {
      this.#report(error);
      await this.#sleep(retryMs, abort);
      this.#wake();
      return [];
    }
  }

  #join(): void {
    this.#followers += 1;
    if (this.#polling !== undefined) return;
    this.#polling = new AbortController();
    void this.#poll(this.#polling.signal);
  }

  #leave(): void {
    this.#followers -= 1;
    if (this.#followers > 0) return;
    this.#polling?.abort();
    this.#polling = undefined;
    // Without followers nothing feeds or polls, so the window would have a gap when the next one comes.
    this.#window.clear();
  }

  /** Brings the window up to the end of the log, again and again. */
  async #poll(abort: AbortSignal): Promise<void> {
    let delayMs = pollBusyMs;
    while (!abort.aborted) {
      try {
        const hasGrown = this.#window.isPlaced
          ? await this.#fetch(abort)
          : await this.#place(abort);
        delayMs = hasGrown ? pollBusyMs : Math.min(delayMs * 2, pollIdleMs);
      } catch (error) {
        this.#report(error);
        delayMs = pollBusyMs;
        // A signal ahead of the window would end this pause at once, again and again, as long as the log is away.
        await this.#sleep(retryMs, abort);
        continue;
      }
      await this.#restOrSignal(delayMs, abort);
    }
  }

  /** As long as fed events make the window grow, there is nothing to fetch. */
  async #restOrSignal(delayMs: number, abort: AbortSignal): Promise<void> {
    let newest: number;
    do {
      newest = this.#window.newest;
      await this.#parts.signal.waitFor(newest, delayMs, abort);
    } while (this.#window.newest > newest && !abort.aborted);
  }

  /** No position is above this: only time or the abort ends the wait. */
  #sleep(delayMs: number, abort: AbortSignal): Promise<void> {
    return this.#parts.signal.waitFor(Number.MAX_SAFE_INTEGER, delayMs, abort);
  }

  async #place(abort: AbortSignal): Promise<boolean> {
    const { position } = await this.#parts.store.head();
    if (!abort.aborted) this.#window.place(position);
    this.#wake();
    return true;
  }

  async #fetch(abort: AbortSignal): Promise<boolean> {
    const after = this.#window.newest;
    const events = await this.#parts.store.readLog({ after, limit: batchMaxDefault });
    if (abort.aborted || events.length === 0) return false;
    if (this.#window.push(events)) this.#wake();
    return true;
  }

  #report(error: unknown): void {
    if (!(error instanceof Fault)) throw error;
    this.#parts.onFault?.(error);
  }

  #wake(): void {
    this.#grown.resolve();
    this.#grown = Promise.withResolvers<void>();
  }
}

async function orAborted(promise: Promise<void>, abort: AbortSignal): Promise<void> {
  if (abort.aborted) return;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  abort.addEventListener('abort', stop, { once: true });
  await Promise.race([promise, aborted]);
  abort.removeEventListener('abort', stop);
}
