import { createHmac } from 'node:crypto';
import { Controller, Inject } from '@nestjs/common';
import {
  type AssignmentsResponse,
  type ExecutorGateway,
  executorOperations,
  type HeartbeatResponse,
  type RegisterResponse,
} from '#libs/executor-protocol';
import { HttpProblem } from '../http/http-problem.ts';
import { type Call, Input, Route } from '../http/route.ts';

/** The token under which the gateway is injected. */
export const EXECUTOR_GATEWAY = Symbol('EXECUTOR_GATEWAY');

/** The token of an executor: derived, so that any api process can check it without asking anybody. */
export function executorToken(secret: string, executorId: string): string {
  return createHmac('sha256', secret).update(`executor:${executorId}`).digest('base64url');
}

type Operations = typeof executorOperations;

/** The executor protocol over HTTP. The authentication hook has checked whose token a request carries. */
@Controller()
export class InternalExecutorsController {
  constructor(@Inject(EXECUTOR_GATEWAY) private readonly gateway: ExecutorGateway) {}

  @Route(executorOperations.register)
  register(
    @Input(executorOperations.register) { body }: Call<Operations['register']>,
  ): Promise<RegisterResponse> {
    return this.gateway.register(body);
  }

  @Route(executorOperations.heartbeat)
  heartbeat(
    @Input(executorOperations.heartbeat) { params, body }: Call<Operations['heartbeat']>,
  ): Promise<HeartbeatResponse> {
    return this.gateway.heartbeat(params.id, body);
  }

  @Route(executorOperations.assignments)
  async assignments(
    @Input(executorOperations.assignments) call: Call<Operations['assignments']>,
  ): Promise<AssignmentsResponse> {
    const { params, query, request } = call;
    const abort = new AbortController();
    request.raw.once('close', () => abort.abort());
    return this.gateway.assignments(params.id, {
      after: query.after,
      waitMs: query.wait,
      abort: abort.signal,
    });
  }

  @Route(executorOperations.started)
  async started(
    @Input(executorOperations.started) { params, body }: Call<Operations['started']>,
  ): Promise<object> {
    return orFenced(await this.gateway.started(params.id, body));
  }

  @Route(executorOperations.finished)
  async finished(
    @Input(executorOperations.finished) { params, body }: Call<Operations['finished']>,
  ): Promise<object> {
    return orFenced(await this.gateway.finished(params.id, body));
  }

  @Route(executorOperations.leave)
  async leave(
    @Input(executorOperations.leave) { params }: Call<Operations['leave']>,
  ): Promise<void> {
    await this.gateway.leave(params.id);
  }
}

function orFenced(answer: { readonly accepted: boolean }): object {
  if (!answer.accepted) throw new HttpProblem('attempt.fenced', 'the attempt is no longer yours');
  return {};
}
