import { createHmac } from 'node:crypto';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type AssignmentsResponse,
  finishedRequestSchema,
  type HeartbeatResponse,
  heartbeatRequestSchema,
  type RegisterResponse,
  registerRequestSchema,
  startedRequestSchema,
} from '#libs/api-contract';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';

/** The token of an executor: derived, so that any api process can check it without asking anybody. */
export function executorToken(secret: string, executorId: string): string {
  return createHmac('sha256', secret).update(`executor:${executorId}`).digest('base64url');
}

const waitMsMax = 30_000;
const pollQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0),
  wait: z.coerce.number().int().min(0).max(waitMsMax).default(20_000),
});

/**
 * The executor protocol over HTTP, for executors on other machines. Not part of the public face. Registering takes a token of
 * the public face; what follows takes the executor's own, which the authentication hook has checked.
 */
@Controller('/internal/v1/executors')
export class InternalExecutorsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Post()
  @HttpCode(200)
  register(@Body() body: unknown): Promise<RegisterResponse> {
    return this.parts.gateway.register(parse(registerRequestSchema, body));
  }

  @Post(':id/heartbeat')
  @HttpCode(200)
  heartbeat(@Param('id') id: string, @Body() body: unknown): Promise<HeartbeatResponse> {
    return this.parts.gateway.heartbeat(id, parse(heartbeatRequestSchema, body));
  }

  @Get(':id/assignments')
  async assignments(
    @Req() request: FastifyRequest,
    @Param('id') id: string,
    @Query() query: unknown,
  ): Promise<AssignmentsResponse> {
    const { after, wait } = parse(pollQuerySchema, query);
    const abort = new AbortController();
    request.raw.once('close', () => abort.abort());
    return this.parts.gateway.assignments(id, { after, waitMs: wait, abort: abort.signal });
  }

  @Post(':id/started')
  @HttpCode(200)
  async started(@Param('id') id: string, @Body() body: unknown): Promise<object> {
    return orFenced(await this.parts.gateway.started(id, parse(startedRequestSchema, body)));
  }

  @Post(':id/finished')
  @HttpCode(200)
  async finished(@Param('id') id: string, @Body() body: unknown): Promise<object> {
    return orFenced(await this.parts.gateway.finished(id, parse(finishedRequestSchema, body)));
  }

  @Delete(':id')
  @HttpCode(204)
  async leave(@Param('id') id: string): Promise<void> {
    await this.parts.gateway.leave(id);
  }
}

function orFenced(answer: { readonly accepted: boolean }): object {
  if (!answer.accepted) throw new HttpProblem('attempt.fenced', 'the attempt is no longer yours');
  return {};
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    pointer: `/${issue.path.map(String).join('/')}`,
    detail: issue.message,
  }));
  throw new HttpProblem(
    'request.invalid',
    errors[0] ? `${errors[0].pointer}: ${errors[0].detail}` : 'not valid',
    { errors: errors.slice(0, 50) },
  );
}
