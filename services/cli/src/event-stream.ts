import { type ApiClient, type EventDto, eventSchema, operations } from '#libs/api-contract';
import { Fault } from '#libs/kernel';

/** Pauses between tries when the server is away, in milliseconds. */
const reconnectMs = 300;
const reconnectsMax = 100;

/**
 * The server's events after a position, without end, resumed where a connection breaks: no event twice, none missing.
 *
 * @throws Fault `server.unreachable` when the server stays away
 */
export async function* followEvents(
  client: ApiClient,
  options: {
    readonly after: number;
    readonly types?: readonly string[];
    /** The uuid of a run: only its events. */
    readonly run?: string;
    readonly signal: AbortSignal;
  },
): AsyncIterable<EventDto> {
  let after = options.after;
  let failures = 0;
  while (!options.signal.aborted) {
    try {
      const response = await client.open(operations.streamEvents, {
        query: { after, types: options.types?.join(','), run: options.run },
        signal: options.signal,
      });
      failures = 0;
      for await (const event of readEvents(response)) {
        after = event.position;
        yield event;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      failures += 1;
      const isAway =
        error instanceof TypeError ||
        (error instanceof Fault && error.code === 'server.unreachable');
      if (!isAway || failures > reconnectsMax) throw error;
    }
    await new Promise((done) => setTimeout(done, reconnectMs));
  }
}

async function* readEvents(response: Response): AsyncIterable<EventDto> {
  for await (const block of splitText(response, '\n\n')) {
    const line = block.split('\n').find((candidate) => candidate.startsWith('data: '));
    if (line !== undefined) yield eventSchema.parse(JSON.parse(line.slice('data: '.length)));
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
