import { once } from 'node:events';
import type { FastifyReply } from 'fastify';

/** How often a comment is sent, so that proxies do not close a quiet stream, in milliseconds. */
const heartbeatMs = 15_000;

/**
 * Answers with server-sent events until `make` ends or the reader has gone. The next event is made only after the reader has
 * taken those before it.
 *
 * @param make  makes the text of whole events; its signal aborts when the reader goes
 */
export async function sendEvents(
  reply: FastifyReply,
  make: (abort: AbortSignal) => AsyncIterable<string>,
): Promise<void> {
  const { raw } = reply;
  const abort = new AbortController();
  raw.once('close', () => abort.abort());
  reply.hijack();
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  raw.write('retry: 1000\n\n');
  const heartbeat = setInterval(() => {
    // A slow reader still has data to read.
    if (!raw.writableNeedDrain) raw.write(': still here\n\n');
  }, heartbeatMs);
  try {
    for await (const text of make(abort.signal))
      if (text !== '' && !raw.write(text)) await taken(raw, abort.signal);
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
}

/** Resolves when a slow reader has taken the buffered data, or has gone. */
async function taken(raw: NodeJS.WritableStream, gone: AbortSignal): Promise<void> {
  await once(raw, 'drain', { signal: gone }).catch(() => {});
}
