import type { RecordedEvent } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller } from '../ports.ts';
import type { Reading } from '../reading.ts';
import { refuseByTypes, wantedBy } from './event-dto.ts';
import { batchMax, type FollowedLog, runEvents } from './run-events.ts';

export interface FollowEventsParts extends FollowedLog {
  readonly reading: Reading;
}

export interface FollowEventsRequest {
  /** Behind this position; if it is absent, behind the newest event. */
  readonly after?: number | undefined;
  readonly types?: readonly string[] | undefined;
  /** Those of one run: uuid, number or `latest`. */
  readonly run?: string | undefined;
}

/** Batches of events as they come, until the abort. A batch may be empty. */
export type FollowedEvents = (abort: AbortSignal) => AsyncIterable<readonly RecordedEvent[]>;

/** A tenant's part of the log, or the events of a run, without end. */
export class FollowEvents {
  readonly #parts: FollowEventsParts;

  constructor(parts: FollowEventsParts) {
    this.#parts = parts;
  }

  async execute(
    caller: Caller,
    { after, types, run }: FollowEventsRequest,
  ): Promise<Answer<FollowedEvents>> {
    const { tail, reading } = this.#parts;
    const refusal = refuseByTypes(types);
    if (refusal) return refused(refusal);
    const found = run === undefined ? undefined : await reading.runId(caller, run);
    if (found?.ok === false) return found;
    const from = await reading.positionInLog(after);
    if (!from.ok) return from;
    const { value: position } = from;
    const isWanted = wantedBy(caller, types);
    const parts = this.#parts;
    return accepted(async function* (abort) {
      const batches =
        found === undefined
          ? tail.follow(position, { abort, batchMax })
          : runEvents(parts, found.value, { after: position, abort });
      for await (const batch of batches) yield batch.filter(isWanted);
    });
  }
}
