import { Controller, Inject } from '@nestjs/common';
import { operations } from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { checkTypes, eventDto } from './read-events.ts';

/** A comment line this often keeps proxies from closing a quiet stream, in milliseconds. */
const heartbeatMs = 15_000;
/** Events that a reader who takes nothing holds in memory, at most: with 64 KiB each they are 13 MB. */
const batchMax = 200;

/** The log as server-sent events: id = position, event = type, resumed by Last-Event-ID. */
@Controller()
export class StreamEventsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.streamEvents)
  async stream(
    @Input(operations.streamEvents) call: Call<typeof operations.streamEvents>,
  ): Promise<void> {
    const types = call.query.types && new Set(checkTypes(call.query.types));
    const after = startOf(call) ?? (await this.parts.store.head()).position;
    const { raw } = call.reply;
    const abort = new AbortController();
    raw.once('close', () => abort.abort());
    call.reply.hijack();
    raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      connection: 'keep-alive',
    });
    raw.write(`retry: 1000\n: after ${after}\n\n`);
    const heartbeat = setInterval(() => {
      // Who does not take what is there needs no sign of life on top.
      if (!raw.writableNeedDrain) raw.write(': still here\n\n');
    }, heartbeatMs);
    try {
      for await (const batch of this.parts.tail.follow(after, { abort: abort.signal, batchMax })) {
        const text = batch
          .filter((event) => types === undefined || types.has(event.type))
          .map(
            (event) =>
              `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(eventDto(event))}\n\n`,
          )
          .join('');
        if (text !== '' && !raw.write(text)) await drained(raw);
      }
    } finally {
      clearInterval(heartbeat);
      raw.end();
    }
  }
}

function startOf(call: Call<typeof operations.streamEvents>): number | undefined {
  const last = call.request.headers['last-event-id'];
  if (last === undefined || last === '') return call.query.after;
  if (typeof last === 'string' && /^\d{1,15}$/.test(last)) return Number(last);
  throw new HttpProblem('request.invalid', 'Last-Event-ID must be a position');
}

/** Resolves when a slow reader has taken what is buffered, or has gone. */
function drained(raw: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      raw.removeListener('drain', done);
      raw.removeListener('close', done);
      resolve();
    };
    raw.once('drain', done);
    raw.once('close', done);
  });
}
