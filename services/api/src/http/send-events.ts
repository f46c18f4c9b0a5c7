import type { FastifyReply } from 'fastify';

/** A comment line this often keeps proxies from closing a quiet stream, in milliseconds. */
const heartbeatMs = 15_000;

/**
 * Answers with server-sent events until `make` has no more, or the reader has gone. What is made next is asked for only when
 * the reader has taken what there is.
 *
 * @param make  gives the text of whole events; its signal aborts when the reader goes
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
    // Who does not take what is there needs no sign of life on top.
    if (!raw.writableNeedDrain) raw.write(': still here\n\n');
  }, heartbeatMs);
  try {
    for await (const text of make(abort.signal))
      if (text !== '' && !raw.write(text)) await drained(raw);
  } finally {
    clearInterval(heartbeat);
    raw.end();
  }
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
