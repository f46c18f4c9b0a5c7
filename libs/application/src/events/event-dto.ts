import type { EventDto } from '#libs/api-contract';
import { findEventType, type RecordedEvent } from '#libs/events';
import type { Refusal } from '../answer.ts';

/** An event as callers see it, its members in the order of the contract. */
export function eventDto(event: RecordedEvent): EventDto {
  const {
    position,
    id,
    type,
    schemaVersion,
    stream,
    version,
    time,
    tenant,
    actor,
    correlationId,
    causationId,
    commandId,
    traceparent,
    data,
  } = event;
  return {
    position,
    id,
    type,
    schemaVersion,
    stream,
    version,
    time,
    tenant,
    actor,
    correlationId,
    causationId,
    commandId,
    traceparent,
    data,
  };
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
