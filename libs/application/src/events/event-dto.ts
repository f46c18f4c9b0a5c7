import type { EventDto } from '#libs/api-contract';
import { findEventType, type RecordedEvent } from '#libs/events';
import type { Refusal } from '../answer.ts';
import type { Caller } from '../ports.ts';

/** An event as callers see it, its members in the order of the contract. */
export function eventDto(event: RecordedEvent): EventDto {
  return {
    position: event.position,
    id: event.id,
    type: event.type,
    schemaVersion: event.schemaVersion,
    stream: event.stream,
    version: event.version,
    time: event.time,
    tenant: event.tenant,
    actor: event.actor,
    correlationId: event.correlationId,
    causationId: event.causationId,
    commandId: event.commandId,
    traceparent: event.traceparent,
    data: event.data,
  };
}

/** Whether an event is for a caller who asks for some types, or for all. */
export function wantedBy(
  { origin }: Caller,
  types: readonly string[] | undefined,
): (event: RecordedEvent) => boolean {
  const wanted = types && new Set(types);
  return ({ tenant, type }) => tenant === origin.tenant && (wanted?.has(type) ?? true);
}

/** Names the type that does not exist. */
export function refuseByTypes(types: readonly string[] = []): Refusal | undefined {
  const unknown = types.find((type) => findEventType(type) === undefined);
  if (unknown === undefined) return undefined;
  return {
    code: 'request.invalid',
    message: `there is no event type ${unknown}`,
    errors: [{ pointer: '/query/types', detail: `unknown type ${unknown}` }],
  };
}
