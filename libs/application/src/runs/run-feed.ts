import { attemptKey, type StepAttempt, type WantedLog } from '#libs/api-contract';
import type { RecordedEvent } from '#libs/events';
import type { Timers } from '#libs/kernel';
import type { LogLine, LogStore } from '#libs/logs';
import { JoinedSources } from './joined-sources.ts';
import { endsAttempt, logEndMs } from './log-end.ts';

/** What a follower of a run gets: an event, or a line of the log of an attempt. */
export type FeedItem =
  | { readonly event: RecordedEvent }
  | { readonly at: StepAttempt; readonly line: LogLine };

export interface FeedParts {
  readonly runId: string;
  /** Of the run, in order, from where the feed begins; they end only by the abort. */
  readonly events: AsyncIterable<readonly RecordedEvent[]>;
  readonly logs: Pick<LogStore, 'read'>;
  /** Of the attempts that run where the feed begins. */
  readonly running: readonly WantedLog[];
  readonly timers: Timers;
  readonly abort: AbortSignal;
}

/**
 * A run's events and the lines of its logs in one order: a line stands behind the start of its attempt and before its end. What
 * is written behind the loss of an attempt is left out. It ends behind the last event of the run. Nothing is read ahead of who
 * takes it, but for a page of events and one line of each log that is written.
 */
export async function* runFeed(parts: FeedParts): AsyncGenerator<FeedItem, void, void> {
  const sources = new JoinedSources<FeedItem>();
  const end = new AbortController();
  const abort = AbortSignal.any([parts.abort, end.signal]);
  const logs = new AttemptLogs({ ...parts, abort }, sources);
  try {
    sources.add(eventsKey, eachEvent(parts.events));
    for (const log of parts.running) logs.follow(log);
    for (let held: RecordedEvent | undefined; ; ) {
      if (held !== undefined && !logs.keepBack(held)) {
        yield { event: held };
        if (held.type === 'run.finished') return;
        held = undefined;
        sources.ask(eventsKey);
      }
      const { key, item } = await sources.next();
      if (item === undefined) {
        if (key === eventsKey) return;
        logs.forget(key);
      } else if ('event' in item) {
        held = item.event;
        logs.heed(held);
      } else {
        yield item;
        sources.ask(key);
      }
    }
  } finally {
    end.abort();
    sources.close();
  }
}

const eventsKey = 'events';

async function* eachEvent(
  batches: AsyncIterable<readonly RecordedEvent[]>,
): AsyncIterable<FeedItem> {
  for await (const batch of batches) for (const event of batch) yield { event };
}

/** The logs of a run that are being written. */
class AttemptLogs {
  readonly #parts: FeedParts;
  readonly #sources: JoinedSources<FeedItem>;
  readonly #ends = new Map<string, AbortController>();

  constructor(parts: FeedParts, sources: JoinedSources<FeedItem>) {
    this.#parts = parts;
    this.#sources = sources;
  }

  follow({ step, attempt, from }: WantedLog): void {
    const key = attemptKey({ step, attempt });
    const end = new AbortController();
    this.#ends.set(key, end);
    const abort = AbortSignal.any([this.#parts.abort, end.signal]);
    const { runId, logs } = this.#parts;
    const lines = logs.read({ runId, step, attempt }, { from, follow: true, abort });
    this.#sources.add(key, linesOf({ step, attempt }, lines));
  }

  forget(key: string): void {
    this.#ends.delete(key);
  }

  /** Begins the log of an attempt that begins, and sees to it that one of an attempt that is over ends. */
  heed(event: RecordedEvent): void {
    if (event.type === 'run.step-started') this.follow({ ...event.data, from: 1 });
    if (!endsAttempt(event)) return;
    const end = this.#ends.get(attemptKey(event.data));
    // A lost attempt's log may never get an end: its lines are those that are there by now.
    if (event.type === 'run.step-attempt-lost') end?.abort();
    else if (end) this.#parts.timers.after(logEndMs, () => end.abort());
  }

  /** Whether lines have to come first. */
  keepBack(event: RecordedEvent): boolean {
    return endsAttempt(event) && this.#sources.has(attemptKey(event.data));
  }
}

/** A log that cannot be read ends where it cannot: the run goes on, and the log is asked for by itself. */
async function* linesOf(at: StepAttempt, lines: AsyncIterable<LogLine>): AsyncIterable<FeedItem> {
  try {
    for await (const line of lines) yield { at, line };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
