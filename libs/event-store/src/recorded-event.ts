import {
  findEventNumber,
  opaqueActor,
  type RecordedEvent,
  type TenantId,
  upcast,
} from '#libs/events';
import { invariant } from '#libs/kernel';
import type { AppendResult } from './event-store.ts';
import { newerEvent } from './newer-event.ts';
import { type PreparedAppend, streamOf } from './prepare-append.ts';

/** The one log of today; sharding it means more numbers. */
export const logId = 0;

/** What an append became. For `appended` with the events as everybody will read them. */
export type AppendAnswer =
  | (Extract<AppendResult, { kind: 'appended' }> & { readonly events: readonly RecordedEvent[] })
  | Exclude<AppendResult, { kind: 'appended' }>;

/** The columns of an event as they are read, in the order of `eventColumns`. */
export type EventRow = readonly [
  position: number,
  recordedMs: number,
  stream: string,
  version: number,
  streamKind: number,
  type: number,
  schemaVersion: number,
  correlation: string | null,
  commandId: string | null,
  tenant: string,
  actor: string,
  causation: string | null,
  traceparent: string | null,
  data: unknown,
  streamName: string | null,
];

/**
 * Only a uuid of version 8 can be made from a name, so only then is the name looked up. date_part gives a float, which
 * is cheaper than extract's numeric and exact enough for milliseconds.
 */
export const eventColumns = `e.position, date_part('epoch', e.recorded_at) * 1000, e.stream, e.version, e.stream_kind,
  e.type, e.schema_version, e.correlation, e.command_id, e.tenant, e.actor, e.causation, e.traceparent, e.data,
  case when substr(e.stream::text, 15, 1) = '8'
    then (select s.name from streams s where s.stream = e.stream and s.kind = e.stream_kind) end`;

/** Upcast to the version that domain code knows. @throws Fault `log.newer` if a newer version of the server wrote it */
export function fromRow(row: EventRow): RecordedEvent {
  const entry = findEventNumber(row[5]);
  if (entry === undefined || row[6] > entry.definition.schemaVersion) {
    const fault = newerEvent({ position: row[0], type: row[5], schemaVersion: row[6] });
    invariant(fault !== undefined, 'what is unknown here is newer');
    throw fault;
  }
  const event = upcast(entry.definition.type, row[6], row[13]);
  return {
    ...event,
    position: row[0],
    id: `${logId}-${row[0]}`,
    schemaVersion: entry.definition.schemaVersion,
    stream: streamOf(row[4], row[2], row[14]),
    version: row[3],
    time: isoTime(row[1]),
    tenant: row[9] as TenantId,
    actor: opaqueActor(row[10]),
    correlationId: row[7],
    causationId: row[11],
    commandId: row[8],
    traceparent: row[12],
  };
}

/** The events of an append as they were stored: their data is read back from its JSON text, as every reader's is. */
export function recordedEvents(
  { append, events, commandId }: PreparedAppend,
  appended: { readonly firstPosition: number; readonly time: string },
): readonly RecordedEvent[] {
  const { origin } = append;
  return events.map(({ entry, json }, index) => {
    const position = appended.firstPosition + index;
    return {
      type: entry.definition.type,
      data: JSON.parse(json),
      position,
      id: `${logId}-${position}`,
      schemaVersion: entry.definition.schemaVersion,
      stream: append.stream,
      version: append.expectedVersion + index + 1,
      time: appended.time,
      tenant: origin.tenant,
      actor: origin.actor,
      correlationId: origin.correlationId ?? null,
      causationId: origin.causationId ?? null,
      commandId,
      traceparent: origin.traceparent ?? null,
    } as RecordedEvent;
  });
}

/** RFC 3339 UTC with milliseconds. */
export function isoTime(unixMs: number): string {
  return new Date(Math.round(unixMs)).toISOString();
}
