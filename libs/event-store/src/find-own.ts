import type { RecordedEvent } from '#libs/events';
import { canonicalJson } from '#libs/kernel';
import type { Append, AppendResult, EventStore } from './event-store.ts';

/**
 * Where an earlier try of an append stands in its stream, if it does: exactly its events (type, data, origin) in the
 * place that they were meant for. Two writers who append the very same facts there cannot be told apart, and need not be.
 */
export async function findOwn(
  store: Pick<EventStore, 'readStream'>,
  append: Append,
): Promise<Extract<AppendResult, { kind: 'appended' }> | undefined> {
  const events = await store.readStream(append.stream, {
    afterVersion: append.expectedVersion,
    limit: append.events.length,
  });
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined || !isSame(append, events)) return undefined;
  return {
    kind: 'appended',
    firstPosition: first.position,
    lastPosition: last.position,
    version: last.version,
    time: first.time,
  };
}

function isSame(append: Append, events: readonly RecordedEvent[]): boolean {
  return (
    events.length === append.events.length &&
    events.every((event, index) => {
      const own = append.events[index];
      return (
        own !== undefined &&
        event.type === own.type &&
        isSameOrigin(append, event) &&
        canonicalJson(event.data) === canonicalJson(own.data)
      );
    })
  );
}

function isSameOrigin({ origin }: Append, event: RecordedEvent): boolean {
  return (
    event.tenant === origin.tenant &&
    event.actor === origin.actor &&
    event.correlationId === (origin.correlationId ?? null) &&
    event.causationId === (origin.causationId ?? null) &&
    event.commandId === (origin.commandId ?? null) &&
    event.traceparent === (origin.traceparent ?? null)
  );
}
