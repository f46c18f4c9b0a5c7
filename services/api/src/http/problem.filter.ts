import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Operation, operations } from '#libs/api-contract';
import { describeError, Fault } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import { HttpProblem, problemDocument } from './http-problem.ts';

/** Turns every error into a problem document. Stack traces and messages of unknown errors stay in the server's log. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger: Logger;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = asProblem(error, request);
    const path = request.url.split('?', 1)[0] ?? '/';
    const { status } = describeError(problem.code);
    if (status >= 500) {
      this.logger.error(
        {
          traceId: request.id,
          method: request.method,
          path,
          code: problem.code,
          error: String((error as Error)?.stack ?? error),
        },
        'request failed',
      );
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (problem.extras.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(problem.extras.retryAfterSeconds));
    if (problem.extras.allow !== undefined) void reply.header('allow', problem.extras.allow);
    if (status === 401) void reply.header('www-authenticate', 'Bearer realm="millrace"');
    void reply
      .status(status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemDocument(problem, { instance: path, traceId: request.id })));
  }
}

function asProblem(error: unknown, request: FastifyRequest): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof Fault) {
    const { status } = describeError(error.code);
    const isOverload = status === 429 || status === 503;
    return new HttpProblem(error.code, error.message, isOverload ? { retryAfterSeconds: 2 } : {});
  }
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : (error as { statusCode?: number } | null)?.statusCode;
  const code = (error as { code?: string } | null)?.code;
  if (status === 404) return unknownRoute(request);
  if (code === 'FST_ERR_BAD_URL')
    return new HttpProblem('request.invalid', 'the address has a % that encodes nothing');
  if (status === 413 || code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new HttpProblem(
      'request.too-large',
      `the body has more than the ${request.routeOptions.bodyLimit} bytes that this route takes`,
    );
  if (status === 415 || code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new HttpProblem(
      'request.media-type',
      `the content type ${String(request.headers['content-type'] ?? '').slice(0, 100)} is not taken here`,
    );
  if (status !== undefined && status >= 400 && status < 500)
    return new HttpProblem('request.malformed', 'the request cannot be read');
  return new HttpProblem(
    'server.error',
    'something went wrong on our side; the server’s log has the rest under this trace id',
  );
}

function unknownRoute(request: FastifyRequest): HttpProblem {
  const path = request.url.split('?', 1)[0] ?? '/';
  const allowed = Object.values<Operation>(operations)
    .filter((operation) => pathPattern(operation.path).test(path))
    .map((operation) => operation.method);
  if (allowed.length === 0)
    return new HttpProblem('request.not-found', `there is nothing at ${path.slice(0, 200)}`);
  return new HttpProblem(
    'request.method',
    `${request.method} is not supported at ${path.slice(0, 200)}`,
    { allow: allowed.join(', ') },
  );
}

function pathPattern(path: string): RegExp {
  return new RegExp(
    `^${path
      .replaceAll('.', '\\.')
      .replace(/\{path\}/, '.+')
      .replace(/\{\w+\}/g, '[^/]+')}$`,
  );
}
