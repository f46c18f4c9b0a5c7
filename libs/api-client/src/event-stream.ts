import { type EventDto, eventSchema, operations } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import type { ApiClient } from './api-client.ts';

/** Pauses between tries when the server is away, in milliseconds. */
const reconnectMs = 300;
const reconnectsMax = 100;

export interface StreamWish {
  readonly after: number;
  readonly signal: AbortSignal;
  readonly open: (after: number) => Promise<Response>;
  /** Called once for each time that the server is away. */
  readonly onAway?: (() => void) | undefined;
}

/** One of a stream of server-sent events. */
export interface SentEvent {
  readonly type: string;
  readonly data: unknown;
}

/**
 * The server's events after a position, without end, resumed where a connection breaks: no event twice, none missing.
 *
 * @throws Fault `server.unreachable` when the server stays away
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
 * What a stream sends, without end. Where a connection breaks a new one begins behind the position of the last event; what has
 * no position of its own may come again.
 *
 * @throws Fault `server.unreachable` when the server stays away
 */
export async function* followStream(stream: StreamWish): AsyncIterable<SentEvent> {
  const { signal } = stream;
  let { after } = stream;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const response = await stream.open(after);
      failures = 0;
      for await (const { id, ...sent } of readSent(response)) {
        after = id ?? after;
        yield sent;
      }
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      const isAway =
        error instanceof TypeError ||
        (error instanceof Fault && error.code === 'server.unreachable');
      if (!isAway || failures > reconnectsMax) throw error;
      // The first break may be one of the connection alone.
      if (failures === 2) stream.onAway?.();
    }
    await new Promise((done) => setTimeout(done, reconnectMs));
  }
}

async function* readSent(
  response: Response,
): AsyncIterable<SentEvent & { readonly id: number | undefined }> {
  for await (const block of splitText(response, '\n\n')) {
    const fields = new Map(
      block.split('\n').map((line) => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    const [id, data] = [fields.get('id'), fields.get('data')];
    if (data === undefined) continue;
    const type = fields.get('event') ?? 'message';
    yield { type, data: JSON.parse(data), id: id === undefined ? undefined : Number(id) };
  }
}

/** The pieces of a text body between separators, as they come. The rest after the last separator is given too. */
export async function* splitText(response: Response, separator: string): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const pieces = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split(separator);
    rest = pieces.pop() ?? '';
    yield* pieces;
  }
  if (rest !== '') yield rest;
}
