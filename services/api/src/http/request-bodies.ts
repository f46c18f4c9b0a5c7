import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { type Operation, operations } from '#libs/api-contract';
import { executorOperations } from '#libs/executor-protocol';
import { HttpProblem } from './http-problem.ts';
import { parseJsonBody } from './json-body.ts';
import { routePath } from './route.ts';

/** What senders call a tar and a compressed one; which it is shows in its first bytes. */
const tarTypes: readonly string[] = [
  ...operations.uploadSource.bodyTypes,
  'application/octet-stream',
  'application/tar',
  'application/x-gtar',
  'application/x-gzip',
  'application/x-tar+gzip',
  'application/x-compressed-tar',
  'application/x-zstd',
];

/** What a JSON body may have where its operation does not say otherwise. */
export const jsonBytesMax = 64 * 1024;

export interface BodyLimits {
  /** From the head of a request to the end of its JSON. */
  readonly jsonMs: number;
  /** An upload may take as long as it likes, and be silent for this long. */
  readonly silenceMs: number;
  readonly sourceBytesMax: number;
}

export const bodyTimes = { jsonMs: 30_000, silenceMs: 30_000 } as const;

/** A client that is still sending has this long to read the answer before the connection breaks under it. */
const lingerMs = 1_000;

/**
 * How bodies are taken: JSON and tar, each route no more than it can need, each in bounded time. Called behind the
 * authentication, which answers before any of this happens; the rest of a body that nobody wants is never read.
 */
export function installBodies(server: FastifyInstance, limits: BodyLimits): void {
  const ofOperations = operationBytesMax();
  server.addHook('onRoute', (route: RouteOptions) => {
    const key = `${String(route.method)} ${route.url}`;
    route.bodyLimit = ofOperations.get(key) ?? jsonBytesMax;
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  for (const type of tarTypes)
    server.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  server.addHook('preParsing', async (request, reply) => {
    requireFittingLength(request, limits);
    if (!request.raw.complete)
      boundTime(request.raw, isUpload(request) ? 'upload' : 'json', limits);
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
  });
  server.addHook('onSend', async (request, reply) => {
    if (!request.raw.complete) leaveUnread(request.raw, reply);
  });
}

/** A client that asks first is told to go on only when its body is wanted. */
export function askBeforeContinue(server: Server): void {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  );
}

function operationBytesMax(): ReadonlyMap<string, number> {
  return new Map(
    Object.values<Operation>({ ...operations, ...executorOperations }).flatMap((operation) =>
      operation.bodyBytesMax === undefined
        ? []
        : [[`${operation.method} ${routePath(operation)}`, operation.bodyBytesMax]],
    ),
  );
}

function isUpload(request: FastifyRequest): boolean {
  return tarTypes.includes(request.headers['content-type'] ?? '');
}

/** @throws HttpProblem `request.too-large` before anything is read; what has no length is counted while it is read */
function requireFittingLength(request: FastifyRequest, limits: BodyLimits): void {
  const length = Number(request.headers['content-length'] ?? 0);
  const most = isUpload(request) ? limits.sourceBytesMax : request.routeOptions.bodyLimit;
  if (length <= (most ?? jsonBytesMax)) return;
  throw new HttpProblem(
    'request.too-large',
    `the body has ${length} bytes; this route takes ${most}`,
  );
}

/** Ends the connection of a sender that is too slow. */
function boundTime(
  body: IncomingMessage,
  kind: 'json' | 'upload',
  { jsonMs, silenceMs }: BodyLimits,
): void {
  const { socket } = body;
  let seen = socket.bytesRead;
  let waitedForUs = false;
  const look = () => {
    const { bytesRead } = socket;
    // What is buffered waits for us, not for the sender, who may go on only after we have taken it.
    const waitsForUs = body.readableLength > 0;
    const isSilent = bytesRead === seen && !waitsForUs && !waitedForUs;
    waitedForUs = waitsForUs;
    seen = bytesRead;
    if (kind === 'json' || isSilent) socket.destroy();
  };
  const timer = setInterval(look, kind === 'json' ? jsonMs : silenceMs);
  const over = () => clearInterval(timer);
  body.once('end', over);
  body.once('close', over);
}

/**
 * The answer is ready and the body is not: nobody will read the rest, so the connection ends with the answer. It ends for
 * writing first: closed at once, with bytes on their way, it would be reset, and the client might never see the answer.
 */
function leaveUnread(body: IncomingMessage, reply: FastifyReply): void {
  void reply.header('connection', 'close');
  // Of the answer: a request whose reader gave up has let go of its own.
  const { socket } = reply.raw;
  if (socket) {
    socket.destroySoon = () => {
      socket.end();
      setTimeout(() => socket.destroy(), lingerMs).unref();
    };
  }
  // Node pulls in the rest of a body that nobody has begun to read; one that was begun and paused stays where it is.
  body.pause();
  body.read();
}
