import type { RecordedEvent } from '#libs/events';
import { canonicalJson } from '#libs/kernel';
import type { AppendResult, EventStore } from './event-store.ts';
import type { PreparedAppend } from './prepare-append.ts';

/**
 * Finds what an earlier try of an append has stored: its command id at the version that it was meant for, with exactly its
 * events (type, data, origin). The id alone is not enough, because a caller that chooses it may have used it for other
 * events before.
 *
 * @returns undefined if nothing of it is stored
 */
export async function findEarlierTry(
  store: Pick<EventStore, 'readStream'>,
  prepared: PreparedAppend,
): Promise<Extract<AppendResult, { kind: 'appended' }> | undefined> {
  const { append } = prepared;
  const events = await store.readStream(append.stream, {
    afterVersion: append.expectedVersion,
    limit: append.events.length,
  });
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined || !isSame(prepared, events)) return undefined;
  return {
    kind: 'appended',
    firstPosition: first.position,
    lastPosition: last.position,
    version: last.version,
    time: first.time,
  };
}

function isSame(prepared: PreparedAppend, events: readonly RecordedEvent[]): boolean {
  const { append } = prepared;
  return (
    events.length === append.events.length &&
    events.every((event, index) => {
      const own = append.events[index];
      return (
        own !== undefined &&
        event.type === own.type &&
        isSameOrigin(prepared, event) &&
        canonicalJson(event.data) === canonicalJson(own.data)
      );
    })
  );
}

function isSameOrigin({ append, commandId }: PreparedAppend, event: RecordedEvent): boolean {
  const { origin } = append;
  return (
    event.commandId === commandId &&
    event.tenant === origin.tenant &&
    event.actor === origin.actor &&
    event.correlationId === (origin.correlationId ?? null) &&
    event.causationId === (origin.causationId ?? null) &&
    event.traceparent === (origin.traceparent ?? null)
  );
}
