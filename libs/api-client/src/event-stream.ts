import { type EventDto, eventSchema, operations } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import type { ApiClient } from './api-client.ts';
import { readSentEvents } from './sent-events.ts';

/** The pause before each new connection, in milliseconds. */
const reconnectMs = 300;
/** How many connections in a row may fail. */
const failuresMax = 100;

export interface StreamWish {
  readonly after: number;
  readonly signal: AbortSignal;
  readonly open: (after: number) => Promise<Response>;
  /** Called once each time the server stops answering. */
  readonly onAway?: (() => void) | undefined;
}

/** What a stream sends: the JSON of a server-sent event. */
export interface SentJson {
  readonly type: string;
  readonly data: unknown;
}

/**
 * The events of the log after a position, without end. If the connection breaks, a new one goes on behind the last event, so
 * that no event is missing and none comes twice.
 *
 * @throws Fault `server.unreachable` if the server does not come back
 */
export async function* followEvents(
  client: ApiClient,
  options: Omit<StreamWish, 'open'> & {
    readonly types?: readonly string[];
    /** The uuid of a run: only its events. */
    readonly run?: string;
  },
): AsyncIterable<EventDto> {
  const { signal, run, types } = options;
  const open = (after: number) => {
    const query = { after, types: types?.join(','), run };
    return client.open(operations.streamEvents, { query, signal });
  };
  for await (const { data } of followStream({ ...options, open })) yield eventSchema.parse(data);
}

/**
 * What a stream sends, without end. If the connection breaks, a new one goes on behind the position of the last event; what has
 * no position of its own may come again.
 *
 * @throws Fault `server.unreachable` if the server does not come back
 */
export async function* followStream(stream: StreamWish): AsyncIterable<SentJson> {
  const { signal } = stream;
  let { after } = stream;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await stream.open(after);
      failures = 0;
      for await (const { id, type, data } of readSentEvents(response)) {
        if (id !== undefined) after = Number(id);
        yield { type, data: JSON.parse(data) as unknown };
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const isAway =
        error instanceof TypeError ||
        (error instanceof Fault && error.code === 'server.unreachable');
      if (!isAway || failures > failuresMax) throw error;
      // The first failure may be that of this connection only.
      if (failures === 2) stream.onAway?.();
    }
    await new Promise((done) => setTimeout(done, reconnectMs));
  }
}
