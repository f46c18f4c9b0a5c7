import type { z } from 'zod';
import { jsonIn, type Operation, type Problem, pathOf, problemIn } from '#libs/api-contract';
import { Fault, isErrorCode } from '#libs/kernel';
import type {
  Acknowledgement,
  AssignmentsResponse,
  ExecutorGateway,
  FinishedRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  RegisterRequest,
  RegisterResponse,
  StartedRequest,
} from './executor-gateway.ts';
import { executorOperations as operations } from './executor-operations.ts';

export interface HttpExecutorGatewayOptions {
  /** Without a trailing slash, such as `https://ci.example.org`. */
  readonly baseUrl: string;
  /** A token of the public face. It is used to register; the answer has the executor's own token. */
  readonly token: string;
  /**
   * How long a call may take, not counting the wait of a long poll. It is shorter than the interval of heartbeats, so that three
   * of them fit into the time after which an executor stops its sandboxes. In milliseconds, default 4,000.
   */
  readonly callTimeoutMs?: number;
}

type AnsweredOperation = Operation & { readonly response: z.ZodType };

interface Call<Op extends AnsweredOperation = AnsweredOperation> {
  readonly operation: Op;
  readonly params?: { readonly id: string };
  readonly query?: Readonly<Record<string, number>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly abort?: AbortSignal | undefined;
}

/** The executor protocol over `/internal/v1`. A gateway serves one executor, whose token it keeps. */
export class HttpExecutorGateway implements ExecutorGateway {
  readonly #baseUrl: string;
  readonly #enrolmentToken: string;
  readonly #callTimeoutMs: number;
  #token = '';

  constructor(options: HttpExecutorGatewayOptions) {
    this.#baseUrl = options.baseUrl;
    this.#enrolmentToken = options.token;
    this.#callTimeoutMs = options.callTimeoutMs ?? 4_000;
  }

  async register(request: RegisterRequest): Promise<RegisterResponse> {
    const call = { operation: operations.register, body: request };
    const answer = await this.#call(call, this.#enrolmentToken);
    this.#token = answer.token;
    return answer;
  }

  heartbeat(executorId: string, request: HeartbeatRequest): Promise<HeartbeatResponse> {
    const params = { id: executorId };
    return this.#call({ operation: operations.heartbeat, params, body: request });
  }

  async assignments(
    executorId: string,
    request: { readonly after: number; readonly waitMs: number; readonly abort?: AbortSignal },
  ): Promise<AssignmentsResponse> {
    const call = {
      operation: operations.assignments,
      params: { id: executorId },
      query: { after: request.after, wait: request.waitMs },
      // A long poll may take its own wait, and then as long as any other call.
      timeoutMs: request.waitMs + this.#callTimeoutMs,
      abort: request.abort,
    };
    try {
      return await this.#call(call);
    } catch (error) {
      if (!request.abort?.aborted) throw error;
      return { assignments: [], ended: [], stop: [], position: request.after };
    }
  }

  started(executorId: string, request: StartedRequest): Promise<Acknowledgement> {
    const params = { id: executorId };
    return this.#acknowledge({ operation: operations.started, params, body: request });
  }

  finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement> {
    const params = { id: executorId };
    return this.#acknowledge({ operation: operations.finished, params, body: request });
  }

  async leave(executorId: string): Promise<void> {
    await this.#call({ operation: operations.leave, params: { id: executorId } });
  }

  async #acknowledge(call: Call): Promise<Acknowledgement> {
    try {
      await this.#call(call);
      return { accepted: true };
    } catch (error) {
      if (error instanceof Fault && error.code === 'attempt.fenced') return { accepted: false };
      throw error;
    }
  }

  async #call<Op extends AnsweredOperation>(
    call: Call<Op>,
    token = this.#token,
  ): Promise<z.output<Op['response']>> {
    const { operation } = call;
    const { status, text } = await this.#exchange(call, token);
    if (status < 200 || status > 299) throw faultOf(status, problemIn(text));
    const parsed = operation.response.safeParse(jsonIn(text));
    if (parsed.success) return parsed.data as z.output<Op['response']>;
    throw new Fault(
      'server.error',
      'backoff',
      `the answer to ${operation.method} ${pathOf(operation, call)} is not of the protocol`,
      { cause: parsed.error },
    );
  }

  async #exchange(call: Call, token: string): Promise<{ status: number; text: string }> {
    const timeout = AbortSignal.timeout(call.timeoutMs ?? this.#callTimeoutMs);
    const signal = call.abort ? AbortSignal.any([timeout, call.abort]) : timeout;
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    const init: RequestInit = { method: call.operation.method, headers, signal };
    if (call.body !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(call.body);
    }
    try {
      const response = await fetch(this.#baseUrl + pathOf(call.operation, call), init);
      return { status: response.status, text: await response.text() };
    } catch (cause) {
      throw new Fault('server.unreachable', 'backoff', `no server answers at ${this.#baseUrl}`, {
        cause,
      });
    }
  }
}

/** The code decides. An answer without a problem document comes from a proxy between us and the server. */
function faultOf(status: number, problem: Problem | undefined): Fault {
  const said = problem?.code ?? codeOfStatus(status);
  const code = isErrorCode(said) ? said : 'server.error';
  const isTransient = status >= 500 || status === 429 || status === 408 || code === 'log.conflict';
  return new Fault(
    code,
    isTransient ? 'backoff' : 'never',
    problem?.detail ?? `the server answered ${status}`,
  );
}

function codeOfStatus(status: number): string {
  if (status === 401) return 'request.unauthorized';
  if (status === 410) return 'executor.gone';
  return status === 404 ? 'request.not-found' : 'server.unreachable';
}
