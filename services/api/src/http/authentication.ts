import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Operation, operations } from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { executorOperations } from '#libs/executor-protocol';
import { HttpProblem } from './http-problem.ts';
import { isLocal } from './local-socket.ts';
import { type Identity, type Principal, routePath } from './route.ts';

/** Whose the server is. */
const administrator: Identity = { tenant: defaultTenant, actor: 'user:admin' };

/** Checks a bearer token; undefined where it is not one of ours. */
export type VerifyToken = (token: string) => Identity | undefined;

/** The administrator's token by its digest, compared in constant time. */
export function adminTokenVerifier(token: string): VerifyToken {
  const expected = createHash('sha256').update(token).digest();
  return (given) => {
    const digest = createHash('sha256').update(given).digest();
    return timingSafeEqual(digest, expected) ? administrator : undefined;
  };
}

const openRoutes = routesWhere(operations, ({ isOpen }) => isOpen);
const executorRoutes = routesWhere(executorOperations, ({ isForExecutor }) => isForExecutor);

function routesWhere(
  table: Readonly<Record<string, Operation>>,
  holds: (operation: Operation) => boolean | undefined,
): ReadonlySet<string> {
  return new Set(Object.values(table).filter(holds).map(routePath));
}

/** What the hook asks of the rest of the server. */
export interface Credentials {
  readonly verifyToken: VerifyToken;
  /** The token that an executor was given. */
  executorToken(executorId: string): string;
}

/**
 * Deny by default: one hook before everything, unknown addresses included, and before a byte of any body is read. What is
 * open, and whose token is wanted, is judged by the route that will really serve the request, never by the text of the path.
 */
export function installAuthentication(server: FastifyInstance, credentials: Credentials): void {
  server.decorateRequest('principal', null as unknown as Principal);
  server.addHook('onRequest', async (request: FastifyRequest) => {
    if (isOpenRoute(request)) return;
    if (executorRoutes.has(routeOf(request))) requireExecutor(request, credentials);
    else {
      const principal = requirePrincipal(request, credentials.verifyToken);
      (request as FastifyRequest & { principal: Principal }).principal = principal;
    }
  });
}

/**
 * For a request that reaches no route and no hook, such as one to an address that cannot be read.
 *
 * @throws HttpProblem `request.unauthorized`
 */
export function requireAnybody(request: FastifyRequest, { verifyToken }: Credentials): void {
  requirePrincipal(request, verifyToken);
}

/** Whether the request needs no credentials. */
export function isOpenRoute(request: FastifyRequest): boolean {
  return openRoutes.has(routeOf(request));
}

function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? '';
}

/**
 * Who calls: by the socket in the data directory the administrator, who needs no token there, else whose token the request
 * carries. A token that is sent must be valid either way.
 *
 * @throws HttpProblem `request.unauthorized`
 */
function requirePrincipal(request: FastifyRequest, verify: VerifyToken): Principal {
  const local = isLocal(request.raw.socket);
  if (local && request.headers.authorization === undefined)
    return { ...administrator, isLocal: true };
  const token = bearerToken(request);
  const identity = token === undefined ? undefined : verify(token);
  if (identity === undefined) throw unauthorized();
  return { ...identity, isLocal: local };
}

/** @throws HttpProblem `request.unauthorized` where the token is not that of the executor in the path */
function requireExecutor(request: FastifyRequest, credentials: Credentials): void {
  const { id = '' } = request.params as { readonly id?: string };
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(credentials.executorToken(id));
  if (!timingSafeEqual(digest(bearerToken(request) ?? ''), expected)) throw unauthorized();
}

function unauthorized(): HttpProblem {
  return new HttpProblem(
    'request.unauthorized',
    'send Authorization: Bearer TOKEN with a valid token',
  );
}

/** However long: Node takes no head of more than 16 KiB. */
function bearerToken(request: FastifyRequest): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/=-]+)$/.exec(request.headers.authorization ?? '')?.[1];
}
