import type { EventDto, operations, Page, QueryOf } from '#libs/api-contract';
import type { EventStore } from '#libs/event-store';
import { streamName } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import { cursorOf, placeOf } from '../place-cursor.ts';
import type { Caller } from '../ports.ts';
import type { Reading } from '../reading.ts';
import { eventDto, refuseByTypes } from './event-dto.ts';

export interface ListRunEventsParts {
  readonly store: Pick<EventStore, 'readStream'>;
  readonly reading: Reading;
}

/** The events of one run in pages. */
export class ListRunEvents {
  readonly #parts: ListRunEventsParts;

  constructor(parts: ListRunEventsParts) {
    this.#parts = parts;
  }

  /** @param run  uuid, number or `latest` */
  async execute(
    caller: Caller,
    run: string,
    query: QueryOf<typeof operations.listRunEvents>,
  ): Promise<Answer<Page<EventDto>>> {
    const { store, reading } = this.#parts;
    const found = await reading.runId(caller, run);
    if (!found.ok) return found;
    const from = placeOf(query.cursor, query.after);
    if (!from.ok) return from;
    const refusal = refuseByTypes(query.types);
    if (refusal) return refused(refusal);
    const types = query.types && new Set(query.types);
    const wanted = (await store.readStream(streamName('run', found.value))).filter(
      (event) => event.position > from.value && (types === undefined || types.has(event.type)),
    );
    if (wanted.length === 0) {
      const seen = await reading.positionInLog(from.value);
      if (!seen.ok) return seen;
    }
    const page = wanted.slice(0, query.limit);
    const last = page.at(-1);
    const next = wanted.length > page.length && last ? cursorOf(last.position) : null;
    return accepted({ items: page.map(eventDto), next });
  }
}
