import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { type Operation, operations } from '#libs/api-contract';
import { executorOperations } from '#libs/executor-protocol';
import { HttpProblem } from './http-problem.ts';
import { parseJsonBody } from './json-body.ts';
import { routePath } from './route.ts';

/** The content types by which clients send a tar, plain or compressed. Its first bytes tell which it is. */
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

/** The most bytes of a JSON body, unless its operation says otherwise. */
export const jsonBytesMax = 64 * 1024;

export interface BodyLimits {
  /** The most milliseconds from the head of a request to the end of its JSON. */
  readonly jsonMs: number;
  /** The most milliseconds in which an upload may send nothing; its whole time is not limited. */
  readonly silenceMs: number;
  readonly sourceBytesMax: number;
}

export const bodyTimes = { jsonMs: 30_000, silenceMs: 30_000 } as const;

/** How long a client that is still sending can read the answer before its connection is closed, in milliseconds. */
const lingerMs = 1_000;

/**
 * Takes bodies, JSON and tar, with a limit of bytes for each route and a limit of time. Install it after the authentication, so
 * that strangers are refused before a body is read. The rest of a body that is not needed is never read.
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

/** A client that sends `Expect: 100-continue` is told to go on only if its body is wanted. */
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

/** @throws HttpProblem `request.too-large` before anything is read; a body without a length is counted while it is read */
function requireFittingLength(request: FastifyRequest, limits: BodyLimits): void {
  const length = Number(request.headers['content-length'] ?? 0);
  const most = isUpload(request) ? limits.sourceBytesMax : request.routeOptions.bodyLimit;
  if (length <= (most ?? jsonBytesMax)) return;
  throw new HttpProblem(
    'request.too-large',
    `the body has ${length} bytes; this route takes ${most}`,
  );
}

/** Closes the connection of a sender that is too slow. */
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
    // Buffered bytes wait for the server. The sender can go on only after it has taken them.
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
 * For an answer that is ready before the body has come: the rest is not read, so the connection ends with the answer. It is closed
 * for writing first: if it were closed at once while bytes arrive, it would be reset, and the client might never see the answer.
 */
function leaveUnread(body: IncomingMessage, reply: FastifyReply): void {
  void reply.header('connection', 'close');
  // The socket of the answer: a request whose reader gave up no longer has one.
  const { socket } = reply.raw;
  if (socket) {
    socket.destroySoon = () => {
      socket.end();
      setTimeout(() => socket.destroy(), lingerMs).unref();
    };
  }
  // Node reads the rest of a body that nobody has begun to read, but not of one that was begun and paused.
  body.pause();
  body.read();
}
