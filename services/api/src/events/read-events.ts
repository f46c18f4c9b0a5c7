import { Controller, Inject } from '@nestjs/common';
import { type EventDto, operations, type Page } from '#libs/api-contract';
import { findEventType, type RecordedEvent, streamName } from '#libs/events';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { withNextLink } from '../http/next-link.ts';
import { requireRunId } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';

/**
 * Positions that one request for some types looks at, at most: types have no index, which would cost every append. A page may
 * be short, or empty, and have a next one: the cursor goes on where the look ended.
 */
const scanSpan = 20_000;

/** The log in pages. A cursor is the position after which the next page begins. */
@Controller()
export class ReadEventsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.listEvents)
  async list(
    @Input(operations.listEvents) call: Call<typeof operations.listEvents>,
  ): Promise<Page<EventDto>> {
    const { limit, types, cursor } = call.query;
    const after = readCursor(cursor) ?? call.query.after;
    if (types === undefined) {
      const events = await this.parts.store.readLog({ after, limit });
      return withNextLink(call, pageFrom(events, limit));
    }
    const span = scanSpan;
    const scan = await this.parts.store.scanLog({ after, limit, types: checkTypes(types), span });
    const next = scan.hasMore ? cursorAt(scan.through) : null;
    return withNextLink(call, { items: scan.events.map(eventDto), next });
  }

  @Route(operations.listRunEvents)
  async listOfRun(
    @Input(operations.listRunEvents) call: Call<typeof operations.listRunEvents>,
  ): Promise<Page<EventDto>> {
    const { query } = call;
    const runId = await requireRunId(this.parts, call.params.id);
    const after = readCursor(query.cursor) ?? query.after;
    const types = query.types && new Set(checkTypes(query.types));
    const all = await this.parts.store.readStream(streamName('run', runId));
    const wanted = all.filter(
      (event) => event.position > after && (types === undefined || types.has(event.type)),
    );
    return withNextLink(
      call,
      pageFrom(wanted.slice(0, query.limit), query.limit, wanted.length > query.limit),
    );
  }
}

function pageFrom(
  events: readonly RecordedEvent[],
  limit: number,
  hasMore = events.length === limit,
): Page<EventDto> {
  const last = events.at(-1);
  return {
    items: events.map(eventDto),
    next: hasMore && last ? cursorAt(last.position) : null,
  };
}

function cursorAt(position: number): string {
  return Buffer.from(String(position)).toString('base64url');
}

/** The members in the order of the contract. */
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

/** @throws HttpProblem `request.invalid` naming the type that does not exist */
export function checkTypes(types: readonly string[]): readonly string[] {
  const unknown = types.find((type) => findEventType(type) === undefined);
  if (unknown !== undefined) {
    throw new HttpProblem('request.invalid', `there is no event type ${unknown}`, {
      errors: [{ pointer: '/query/types', detail: `unknown type ${unknown}` }],
    });
  }
  return types;
}

function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,15}$/.test(text))
    throw new HttpProblem('request.cursor', 'this cursor is not one of ours');
  return Number(text);
}
