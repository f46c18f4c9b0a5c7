import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openOwnDirectory } from './own-directory.ts';

/** The socket of the server of a data directory, in that directory. */
export const apiSocketName = 'api.sock';

/** Statuses whose answers have no body: a `Response` refuses to be made with one. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * `fetch` that reaches the server of a data directory by the socket there, whatever host and port the URL names. Each
 * connection makes sure anew that the directory is this user's alone; connections are kept for further requests.
 * Answers stream as they come. A body is text, bytes, or something that gives bytes piece by piece.
 *
 * @throws TypeError as `fetch` does, with the reason as its cause: nobody listens, the connection broke
 * @throws Fault `data-dir.not-private`
 */
export function socketFetch(
  dataDir: string,
): (url: string, init?: RequestInit) => Promise<Response> {
  const agent = new SocketAgent(dataDir);
  return async (url, init = {}) => {
    const { signal } = init;
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const call = request(url, {
      agent,
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
    });
    // Without an error, which nobody would handle on a connection that waits for its next request.
    const stop = () => call.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    call.once('close', () => signal?.removeEventListener('abort', stop));
    // After the answer has begun the error reaches the reader of the body.
    call.on('response', resolve).on('error', reject);
    sendBody(call, init.body).catch(reject);
    try {
      return responseOf(await promise, signal);
    } catch (error) {
      throw asFetch(error, signal);
    }
  };
}

class SocketAgent extends Agent {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    super({ keepAlive: true });
    this.#dataDir = dataDir;
  }

  override createConnection(): Socket {
    const directory = openOwnDirectory(this.#dataDir);
    try {
      // The kernel has looked the path up when this returns.
      return connect(directory.at(apiSocketName));
    } finally {
      directory.close();
    }
  }
}

async function sendBody(
  call: ReturnType<typeof request>,
  body: RequestInit['body'],
): Promise<void> {
  if (body === undefined || body === null) call.end();
  else if (typeof body === 'string' || body instanceof Uint8Array) call.end(body);
  else await pipeline(Readable.from(body as unknown as AsyncIterable<Uint8Array>), call);
}

function responseOf(message: IncomingMessage, signal: AbortSignal | null | undefined): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const status = message.statusCode ?? 500;
  const init = { status, statusText: message.statusMessage ?? '', headers };
  if (!bodiless.has(status)) {
    const body = Readable.toWeb(Readable.from(bytesOf(message, signal), { objectMode: false }));
    return new Response(body as ReadableStream<Uint8Array>, init);
  }
  message.resume();
  return new Response(null, init);
}

async function* bytesOf(message: IncomingMessage, signal: AbortSignal | null | undefined) {
  try {
    yield* message;
  } catch (error) {
    throw asFetch(error, signal);
  }
}

/** The error that `fetch` would throw: the reason of an abort, else a TypeError with the cause. */
function asFetch(error: unknown, signal: AbortSignal | null | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const isOfSystem = error instanceof Error && 'syscall' in error;
  const isBroken = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  return isOfSystem || isBroken ? new TypeError('fetch failed', { cause: error }) : error;
}
