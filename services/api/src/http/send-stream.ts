import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/** Answers with a stream. Who leaves before its end is no failure, and nothing is sent behind what went out. */
export async function sendStream(reply: FastifyReply, stream: Readable): Promise<void> {
  await reply.send(stream);
  // Of a connection that broke the framework thinks that its answer is still to come.
  reply.hijack();
}
