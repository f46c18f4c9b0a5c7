import { attemptKey, type WantedLog } from '#libs/api-contract';
import type { Timers } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import { type Answer, accepted } from '../answer.ts';
import { type FollowedLog, runEvents } from '../events/run-events.ts';
import type { Caller } from '../ports.ts';
import type { Reading } from '../reading.ts';
import { type FeedItem, runFeed } from './run-feed.ts';
import { seenOfRun } from './seen-of-run.ts';

export interface FollowRunParts extends FollowedLog {
  readonly reading: Reading;
  readonly logs: Pick<LogStore, 'read'>;
  readonly timers: Timers;
}

export interface FollowRunRequest {
  /** Behind this position. */
  readonly after: number;
  /** Of attempts that run there: the first line wanted of their logs; the first one by default. */
  readonly lines?: readonly WantedLog[] | undefined;
}

/** Events and lines until the end of the run, or the abort. */
export type FollowedRun = (abort: AbortSignal) => AsyncIterable<FeedItem>;

/** All that a follower of a run needs: the run's events are read once, however many steps it has. */
export class FollowRun {
  readonly #parts: FollowRunParts;

  constructor(parts: FollowRunParts) {
    this.#parts = parts;
  }

  /**
   * @param run  uuid, number or `latest`
   * @returns undefined if nothing of the run is to come
   */
  async execute(
    caller: Caller,
    run: string,
    { after, lines: wanted = [] }: FollowRunRequest,
  ): Promise<Answer<FollowedRun | undefined>> {
    const { reading, logs, timers } = this.#parts;
    const found = await reading.runId(caller, run);
    if (!found.ok) return found;
    const runId = found.value;
    const from = await reading.positionInLog(after);
    if (!from.ok) return from;
    const seen = await seenOfRun(this.#parts, runId, from.value);
    if (seen.isOver) return accepted(undefined);
    const lines = new Map(wanted.map((log) => [attemptKey(log), log.from]));
    const running = seen.running.map((log) => ({
      ...log,
      from: lines.get(attemptKey(log)) ?? 1,
    }));
    return accepted((abort) => {
      const request = { after: from.value, afterVersion: seen.version, abort };
      const events = runEvents(this.#parts, runId, request);
      return runFeed({ runId, events, logs, running, timers, abort });
    });
  }
}
