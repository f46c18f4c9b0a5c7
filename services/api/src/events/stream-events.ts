import { Controller, Inject } from '@nestjs/common';
import { operations } from '#libs/api-contract';
import type { RecordedEvent } from '#libs/events';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { requireInLog, requireRunId } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { sendEvents } from '../http/send-events.ts';
import { checkTypes, eventDto } from './read-events.ts';
import { batchMax, runEvents } from './run-events.ts';

/** The log as server-sent events: id = position, event = type, resumed by Last-Event-ID. */
@Controller()
export class StreamEventsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.streamEvents)
  async stream(
    @Input(operations.streamEvents) call: Call<typeof operations.streamEvents>,
  ): Promise<void> {
    const { parts } = this;
    const { query } = call;
    const types = query.types && new Set(checkTypes(query.types));
    const runId = query.run === undefined ? undefined : await requireRunId(parts, query.run);
    const seen = resumedAfter(call.headers) ?? query.after;
    const after = await requireInLog(parts, seen);
    await sendEvents(call.reply, async function* (abort) {
      const batches =
        runId === undefined
          ? parts.tail.follow(after, { abort, batchMax })
          : runEvents(parts, runId, { after, abort });
      for await (const batch of batches)
        yield batch
          .filter(({ type }) => types === undefined || types.has(type))
          .map(eventText)
          .join('');
    });
  }
}

/** An event as a stream has it. */
export function eventText(event: RecordedEvent): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(eventDto(event))}\n\n`;
}

/** The position that a reader has come to. */
export function resumedAfter(headers: {
  readonly 'Last-Event-ID'?: string | undefined;
}): number | undefined {
  const last = headers['Last-Event-ID'];
  return last === undefined || last === '' ? undefined : Number(last);
}
