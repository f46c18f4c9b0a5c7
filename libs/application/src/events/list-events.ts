import type { EventDto, operations, Page, QueryOf } from '#libs/api-contract';
import type { EventStore } from '#libs/event-store';
import type { RecordedEvent } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import { cursorOf } from '../cursor.ts';
import { eventDto, refuseByTypes } from './event-dto.ts';
import { firstPositionBefore } from './events-page.ts';

/**
 * Positions that one request for some types looks at, at most: types have no index, which would cost every append. A page may
 * be short, or empty, and have a next one: the cursor goes on where the look ended.
 */
const scanSpan = 20_000;

/** The log in pages. A cursor is the position behind which the next page begins. */
export class ListEvents {
  readonly #store: Pick<EventStore, 'readLog' | 'scanLog'>;

  constructor({ store }: { readonly store: Pick<EventStore, 'readLog' | 'scanLog'> }) {
    this.#store = store;
  }

  async execute(query: QueryOf<typeof operations.listEvents>): Promise<Answer<Page<EventDto>>> {
    const { limit, types } = query;
    const from = firstPositionBefore(query);
    if (!from.ok) return from;
    const after = from.value;
    if (types === undefined)
      return accepted(pageFrom(await this.#store.readLog({ after, limit }), limit));
    const refusal = refuseByTypes(types);
    if (refusal) return refused(refusal);
    const scan = await this.#store.scanLog({ after, limit, types, span: scanSpan });
    const next = scan.hasMore ? cursorOf(scan.through) : null;
    return accepted({ items: scan.events.map(eventDto), next });
  }
}

function pageFrom(events: readonly RecordedEvent[], limit: number): Page<EventDto> {
  const last = events.at(-1);
  const next = events.length === limit && last ? cursorOf(last.position) : null;
  return { items: events.map(eventDto), next };
}
