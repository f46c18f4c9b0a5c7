import { LRUCache } from 'lru-cache';
import { type RunState, runDecider } from '#libs/domain';
import type { DeciderRunner, EventStore } from '#libs/event-store';
import { type StreamName, streamId, streamName } from '#libs/events';

/** The attempt that a fence was given to. */
export interface AttemptRef {
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
}

/** Finds attempts by their fences, and the runs that they belong to. */
export class KnownAttempts {
  readonly #runner: DeciderRunner;
  readonly #store: EventStore;
  /** Saves a read of the log with each heartbeat. */
  readonly #fences = new LRUCache<number, AttemptRef>({ max: 20_000 });

  constructor(runner: DeciderRunner, store: EventStore) {
    this.#runner = runner;
    this.#store = store;
  }

  remember(fence: number, attempt: AttemptRef): void {
    this.#fences.set(fence, attempt);
  }

  /** @returns undefined if no assignment has this fence */
  async find(fence: number): Promise<AttemptRef | undefined> {
    const known = this.#fences.get(fence);
    if (known) return known;
    const [event] = await this.#store.readLog({ after: fence - 1, limit: 1 });
    if (event?.type !== 'run.step-assigned' || event.position !== fence) return undefined;
    const ref = { runId: runIdOf(event), step: event.data.step, attempt: event.data.attempt };
    this.#fences.set(fence, ref);
    return ref;
  }

  /** @param atLeast  the version of an event that was seen: what this process knows of the run by then is enough */
  async runState(runId: string, atLeast?: number): Promise<RunState> {
    const stream = streamName('run', runId);
    const options = atLeast === undefined ? {} : { atLeast };
    return (await this.#runner.load(runDecider, stream, options)).state;
  }
}

/** The run whose stream an event stands in. */
export function runIdOf(event: { readonly stream: StreamName }): string {
  return streamId('run', event.stream);
}
