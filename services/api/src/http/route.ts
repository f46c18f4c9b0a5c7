import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  HttpCode,
  RequestMapping,
  RequestMethod,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Operation, Permissions } from '#libs/api-contract';
import { defaultTenant, type Origin, type TenantId } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { isTraceparent } from '#libs/telemetry';
import { fieldProblems, type RequestPart } from './field-problems.ts';
import { HttpProblem } from './http-problem.ts';
import { checkText } from './json-body.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** The arguments of a controller method, checked against the operation's schemas. */
export interface Call<Op extends Operation> {
  readonly params: Op extends { params: infer Schema } ? Parsed<Schema> : undefined;
  readonly query: Op extends { query: infer Schema } ? Parsed<Schema> : undefined;
  readonly headers: Op extends { headers: infer Schema } ? Parsed<Schema> : undefined;
  readonly body: Op extends { body: infer Schema } ? Parsed<Schema> : undefined;
  /** It has a command id if the caller sent an Idempotency-Key. */
  readonly origin: Origin;
  readonly principal: Principal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The caller; the authentication hook sets it. */
export interface Principal {
  readonly tenant: TenantId;
  readonly actor: string;
  readonly permissions: Permissions;
}

/** The caller of an open route. */
const nobody: Principal = {
  tenant: defaultTenant,
  actor: 'anonymous',
  permissions: new Set(),
};

/** Every operation that a controller serves, by method and path. */
const served = new Map<string, Operation>();

/** The operation that will serve a request, by the route that was found for it, never by the text of its path. */
export function operationOf(request: FastifyRequest): Operation | undefined {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  return served.get(`${method} ${request.routeOptions.url ?? ''}`);
}

/** Serves an operation: method, path and status come from the table that openapi.json is made from. */
export function Route(operation: Operation): MethodDecorator {
  served.set(`${operation.method} ${routePath(operation)}`, operation);
  return applyDecorators(
    RequestMapping({ path: routePath(operation), method: RequestMethod[operation.method] }),
    HttpCode(operation.status),
  );
}

/** The operation's path as the router writes it. */
export function routePath(operation: Operation): string {
  return operation.path.replace(/\{path\}/, '*').replace(/\{(\w+)\}/g, ':$1');
}

/** The checked input of an operation. */
export const Input = createParamDecorator(
  (operation: Operation, context: ExecutionContext): Call<Operation> => {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & { principal: Principal | null }>();
    return readCall(operation, request, http.getResponse<FastifyReply>());
  },
);

function readCall(
  operation: Operation,
  request: FastifyRequest & { principal: Principal | null },
  reply: FastifyReply,
): Call<Operation> {
  const params = { ...(request.params as Record<string, string>) };
  if ('*' in params) {
    params.path = params['*'] ?? '';
    delete params['*'];
  }
  const query = request.query as Record<string, unknown>;
  for (const [part, fields] of Object.entries({ params, query }))
    for (const [name, value] of Object.entries(fields))
      checkText(String(value), `/${part}/${name}`);
  return {
    params: check(operation.params, params, 'params') as never,
    query: check(operation.query, query, 'query') as never,
    headers: check(operation.headers, headersFor(operation, request), 'headers') as never,
    body: check(operation.body, request.body ?? {}, 'body') as never,
    origin: originOf(operation, request),
    principal: request.principal ?? nobody,
    request,
    reply,
  };
}

/** The operation's own headers under the names that it gives them. */
function headersFor({ headers }: Operation, request: FastifyRequest): Record<string, unknown> {
  const names = Object.keys(headers?.shape ?? {});
  return Object.fromEntries(names.map((name) => [name, request.headers[name.toLowerCase()]]));
}

function originOf(
  operation: Operation,
  request: FastifyRequest & { principal: Principal | null },
): Origin {
  const key = request.headers['idempotency-key'];
  const traceparent = request.headers.traceparent;
  const { tenant, actor } = request.principal ?? nobody;
  if (typeof key === 'string' && (key.length === 0 || key.length > 255)) {
    throw new HttpProblem('request.invalid', 'Idempotency-Key must have 1 to 255 characters');
  }
  return {
    tenant,
    actor,
    ...(operation.takesIdempotencyKey && typeof key === 'string'
      ? { commandId: uuidFromName('idempotency', tenant, operation.id, key) }
      : {}),
    ...(typeof traceparent === 'string' && isTraceparent(traceparent) ? { traceparent } : {}),
  };
}

function check(schema: z.ZodType | undefined, value: unknown, where: RequestPart): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldProblems(parsed.error, where, schema);
  const first = errors[0];
  const place = first?.pointer.slice(1).replaceAll('/', '.') || where;
  throw new HttpProblem(
    'request.invalid',
    `${place}: ${first?.detail ?? 'not valid'}`.slice(0, 500),
    { errors },
  );
}
