import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  allPermissions,
  localPermissions,
  type Permission,
  type Permissions,
  serverPermissions,
} from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { HttpProblem } from './http-problem.ts';
import { isLocal } from './local-socket.ts';
import { operationOf, type Principal } from './route.ts';

/** The owner of the server. */
const administrator: Principal = {
  tenant: defaultTenant,
  actor: 'user:admin',
  permissions: allPermissions,
};

/** Checks a bearer token: whose it is, or undefined if the server does not know it. */
export type VerifyToken = (token: string) => Principal | undefined;

/** The administrator's token by its digest, compared in constant time. */
export function adminTokenVerifier(token: string): VerifyToken {
  const expected = createHash('sha256').update(token).digest();
  return (given) => {
    const digest = createHash('sha256').update(given).digest();
    return timingSafeEqual(digest, expected) ? administrator : undefined;
  };
}

/** What the hook needs to know of tokens. */
export interface Credentials {
  readonly verifyToken: VerifyToken;
  /** The token that an executor was given. */
  executorToken(executorId: string): string;
}

/**
 * One hook denies by default: it runs first, for unknown addresses as well, and before any byte of a body is read. The operation
 * that will serve the request says what its caller needs.
 */
export function installAuthentication(server: FastifyInstance, credentials: Credentials): void {
  server.decorateRequest('principal', null as unknown as Principal);
  server.addHook('onRequest', async (request: FastifyRequest) => {
    const requirement = operationOf(request)?.requires;
    if (requirement === 'nothing') return;
    if (requirement === 'executor-token') return requireExecutor(request, credentials);
    const principal = requirePrincipal(request, credentials.verifyToken);
    // Without a route the answer is a 404 or 405; a route without an operation is nobody's to call.
    if (request.routeOptions.url !== undefined) requirePermission(principal, requirement);
    (request as FastifyRequest & { principal: Principal }).principal = principal;
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
  return operationOf(request)?.requires === 'nothing';
}

/**
 * The caller: the administrator, if the request came by the socket in the data directory without a token; else the owner of the
 * token. A token must be valid on either way. Over TCP, loopback included, no caller has the local permissions.
 *
 * @throws HttpProblem `request.unauthorized`
 */
function requirePrincipal(request: FastifyRequest, verify: VerifyToken): Principal {
  const local = isLocal(request.raw.socket);
  if (local && request.headers.authorization === undefined) return administrator;
  const token = bearerToken(request);
  const principal = token === undefined ? undefined : verify(token);
  if (principal === undefined) throw unauthorized();
  return { ...principal, permissions: permissionsHere(principal, local) };
}

/** What is left of a caller's permissions on this way into the server, and for the caller's tenant. */
function permissionsHere({ tenant, permissions }: Principal, local: boolean): Permissions {
  const isServers = tenant === defaultTenant;
  const kept = [...permissions].filter(
    (permission) =>
      (local || !localPermissions.has(permission)) &&
      (isServers || !serverPermissions.has(permission)),
  );
  return new Set(kept);
}

/** @throws HttpProblem `request.forbidden`; it names the permission */
function requirePermission({ permissions }: Principal, required: Permission | undefined): void {
  if (required !== undefined && permissions.has(required)) return;
  const isLocalOnly = required !== undefined && localPermissions.has(required);
  throw new HttpProblem(
    'request.forbidden',
    `this needs the permission ${required ?? 'of an operation'}, which the caller does not have`,
    isLocalOnly
      ? {
          hint: 'The socket in the data directory, on the server’s machine, gives it; no token does.',
        }
      : {},
  );
}

/** @throws HttpProblem `request.unauthorized` if the token is not that of the executor in the path */
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

/** The scheme may be in any case (RFC 9110, 11.1). It needs no limit of its length: Node refuses a head of more than 16 KiB. */
function bearerToken(request: FastifyRequest): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
