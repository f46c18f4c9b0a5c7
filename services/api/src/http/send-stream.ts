import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Answers with a stream. A reader that leaves before its end is not an error, and nothing more is sent then. */
export async function sendStream(reply: FastifyReply, stream: Readable): Promise<void> {
  await reply.send(stream);
  // If the connection broke, the framework still expects to answer.
  reply.hijack();
}
