import type { EventDto, operations, Page, QueryOf } from '#libs/api-contract';
import type { EventStore } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import { cursorOf, placeOf } from '../place-cursor.ts';
import type { Caller } from '../ports.ts';
import type { Reading } from '../reading.ts';
import { eventDto, refuseByTypes, wantedBy } from './event-dto.ts';

/**
 * Positions that one request for some types looks at, at most: types have no index, which would cost every append. A page may
 * be short, or empty, and have a next one: the cursor goes on where the look ended.
 */
const scanSpan = 20_000;

export interface ListEventsParts {
  readonly store: Pick<EventStore, 'readLog' | 'scanLog'>;
  readonly reading: Pick<Reading, 'positionInLog'>;
}

/**
 * A tenant's part of the log in pages. A cursor is the position behind which the next page begins; a page may be short if
 * events of other tenants stand between.
 */
export class ListEvents {
  readonly #store: ListEventsParts['store'];
  readonly #reading: ListEventsParts['reading'];

  constructor({ store, reading }: ListEventsParts) {
    this.#store = store;
    this.#reading = reading;
  }

  async execute(
    caller: Caller,
    query: QueryOf<typeof operations.listEvents>,
  ): Promise<Answer<Page<EventDto>>> {
    const { limit, types } = query;
    const from = placeOf(query.cursor, query.after);
    if (!from.ok) return from;
    const refusal = refuseByTypes(types);
    if (refusal) return refused(refusal);
    const { events, through } = await this.#read({ after: from.value, limit, types });
    if (events.length === 0 && through === undefined) {
      const seen = await this.#reading.positionInLog(from.value);
      if (!seen.ok) return seen;
    }
    const items = events.filter(wantedBy(caller, types)).map(eventDto);
    return accepted({ items, next: through === undefined ? null : cursorOf(through) });
  }

  /** @returns `through`: where the next page begins, if there is one */
  async #read(page: {
    readonly after: number;
    readonly limit: number;
    readonly types: readonly string[] | undefined;
  }): Promise<{
    readonly events: readonly RecordedEvent[];
    readonly through?: number | undefined;
  }> {
    const { types, limit } = page;
    if (types !== undefined) {
      const scan = await this.#store.scanLog({ ...page, types, span: scanSpan });
      return { events: scan.events, through: scan.hasMore ? scan.through : undefined };
    }
    const events = await this.#store.readLog(page);
    return { events, through: events.length === limit ? events.at(-1)?.position : undefined };
  }
}
