import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Operation, operations } from '#libs/api-contract';
import { HttpProblem } from './http-problem.ts';
import type { Principal } from './route.ts';

/** Checks a bearer token; undefined where it is not one of ours. */
export type VerifyToken = (token: string) => Principal | undefined;

/** The administrator's token by its digest, compared in constant time. */
export function adminTokenVerifier(token: string): VerifyToken {
  const expected = createHash('sha256').update(token).digest();
  return (given) => {
    const digest = createHash('sha256').update(given).digest();
    return timingSafeEqual(digest, expected)
      ? { tenant: 'default', actor: 'user:admin' }
      : undefined;
  };
}

const openRoutes: ReadonlySet<string> = new Set(
  Object.values<Operation>(operations)
    .filter((operation) => operation.isOpen)
    .map((operation) => operation.path),
);

/**
 * Deny by default: one hook before everything, unknown addresses included. What is open is judged by the route that will
 * really serve the request, never by the text of the path. /internal has tokens of its own and checks them in its handler.
 */
export function installAuthentication(server: FastifyInstance, verify: VerifyToken): void {
  server.decorateRequest('principal', null as unknown as Principal);
  server.addHook('onRequest', async (request: FastifyRequest) => {
    const route = request.routeOptions.url ?? '';
    if (openRoutes.has(route) || route.startsWith('/internal/v1/')) return;
    const principal = requirePrincipal(request, verify);
    (request as FastifyRequest & { principal: Principal }).principal = principal;
  });
}

/** Whose token the request carries. @throws HttpProblem `request.unauthorized` */
export function requirePrincipal(request: FastifyRequest, verify: VerifyToken): Principal {
  const token = bearerToken(request);
  const principal = token === undefined ? undefined : verify(token);
  if (principal === undefined) throw unauthorized();
  return principal;
}

export function unauthorized(): HttpProblem {
  return new HttpProblem(
    'request.unauthorized',
    'send Authorization: Bearer TOKEN with a valid token',
  );
}

export function bearerToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  const match =
    header === undefined || header.length > 1024
      ? null
      : /^Bearer ([A-Za-z0-9._~+/=-]+)$/.exec(header);
  return match?.[1];
}
