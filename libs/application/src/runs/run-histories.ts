import type { RunDto } from '#libs/api-contract';
import type { EventStore } from '#libs/event-store';
import { type RecordedEvent, streamName } from '#libs/events';
import type { Answer } from '../answer.ts';

/** A run's events so far, and the run as they tell it. */
interface History {
  readonly events: readonly RecordedEvent[];
  view: Answer<RunDto> | undefined;
  readonly keptAtMs: number;
}

/** What is kept, at most: an event takes about a kilobyte. */
const eventsMax = 10_000;
/** Questions about each step of a run come within seconds. A log that was restored from a backup is seen after as long. */
const keptMs = 10_000;

/**
 * The events of runs that were asked for lately, so that a question about each step of a wide run does not read the whole run each
 * time. What came since is read at every question: nothing is answered from the past.
 */
export class RunHistories {
  readonly #store: Pick<EventStore, 'readStream'>;
  readonly #nowMs: () => number;
  /** The one that was asked for last stands last. */
  readonly #kept = new Map<string, History>();

  /** @param nowMs  monotonic */
  constructor(store: Pick<EventStore, 'readStream'>, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  async read(runId: string): Promise<readonly RecordedEvent[]> {
    return (await this.#current(runId)).events;
  }

  /** @param make  folds the events; not called again until there are more */
  async view(
    runId: string,
    make: (events: readonly RecordedEvent[]) => Promise<Answer<RunDto>>,
  ): Promise<Answer<RunDto>> {
    const history = await this.#current(runId);
    history.view ??= await make(history.events);
    return history.view;
  }

  async #current(runId: string): Promise<History> {
    const kept = this.#fresh(runId);
    const afterVersion = kept?.events.at(-1)?.version ?? 0;
    const news = await this.#store.readStream(streamName('run', runId), { afterVersion });
    if (kept !== undefined && news.length === 0) return kept;
    const events = kept === undefined ? news : [...kept.events, ...news];
    const history = { events, view: undefined, keptAtMs: kept?.keptAtMs ?? this.#nowMs() };
    this.#keep(runId, history);
    return history;
  }

  #fresh(runId: string): History | undefined {
    const kept = this.#kept.get(runId);
    if (kept !== undefined && this.#nowMs() - kept.keptAtMs <= keptMs) return kept;
    this.#kept.delete(runId);
    return undefined;
  }

  #keep(runId: string, history: History): void {
    this.#kept.delete(runId);
    if (history.events.length > eventsMax) return;
    this.#kept.set(runId, history);
    let total = 0;
    for (const [id, { events, keptAtMs }] of [...this.#kept].reverse()) {
      total += events.length;
      if (total > eventsMax || this.#nowMs() - keptAtMs > keptMs) this.#kept.delete(id);
    }
  }
}
