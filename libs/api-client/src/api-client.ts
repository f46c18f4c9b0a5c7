import type { z } from 'zod';
import { type Operation, type Problem, pathOf, problemIn } from '#libs/api-contract';
import { Fault } from '#libs/kernel';

/** The server refused a call; the problem document says why. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

type RequestBody = NonNullable<RequestInit['body']>;
type InputOf<Schema> = Schema extends z.ZodType ? z.input<Schema> : undefined;
type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : unknown;

export interface CallOptions<Op extends Operation> {
  readonly params?: Op extends { params: z.ZodObject } ? Record<string, string> : never;
  readonly query?: Op extends { query: infer Query }
    ? Partial<Record<keyof InputOf<Query>, string | number | boolean | undefined>>
    : never;
  readonly body?: Op extends { body: infer Body } ? InputOf<Body> : RequestBody;
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Finds the address of the server after a call that reached no server, or one that is about to end; the error tells which. The
 * call is then made once more. Throws if there is no server.
 */
export type Relocate = (error: unknown) => Promise<string>;

/** `fetch`, or a function that does the same by another transport. */
export type Transport = (url: string, init: RequestInit) => Promise<Response>;

export interface ClientOptions {
  /** Sent with each call. Leave it out if the transport itself shows who calls. */
  readonly token?: string;
  /** Default: `fetch`. */
  readonly transport?: Transport;
  readonly relocate?: Relocate;
}

/** The typed client of the public face, for the CLI, the dashboard and programs. */
export class ApiClient {
  readonly #options: ClientOptions;
  #baseUrl: string;

  /** @param baseUrl  without a trailing slash */
  constructor(baseUrl: string, options: ClientOptions) {
    this.#baseUrl = baseUrl;
    this.#options = options;
  }

  /** Without a trailing slash. */
  get baseUrl(): string {
    return this.#baseUrl;
  }

  /**
   * One call with a JSON answer.
   *
   * @throws ProblemError  the server refused
   * @throws Fault `server.unreachable`  no server answered
   */
  async call<Op extends Operation>(
    operation: Op,
    options: CallOptions<Op> = {},
  ): Promise<OutputOf<Op['response']>> {
    const response = await this.open(operation, options);
    const body: unknown = await response.json();
    return (operation.response ? operation.response.parse(body) : body) as OutputOf<Op['response']>;
  }

  /** One call whose body the caller reads: logs, artifacts, event streams. Throws like `call`. */
  async open<Op extends Operation>(
    operation: Op,
    options: CallOptions<Op> = {},
  ): Promise<Response> {
    try {
      return await this.#send(operation, options);
    } catch (error) {
      const { relocate } = this.#options;
      if (!relocate || !mayRepeat(operation, options.body, error)) throw error;
      this.#baseUrl = await relocate(error);
      return this.#send(operation, options);
    }
  }

  async #send<Op extends Operation>(operation: Op, options: CallOptions<Op>): Promise<Response> {
    const url = this.#baseUrl + pathOf(operation, options);
    const isJson = operation.body !== undefined;
    const { token } = this.#options;
    const headers: Record<string, string> = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    };
    if (isJson) headers['content-type'] = 'application/json';
    else if (operation.bodyTypes) headers['content-type'] = operation.bodyTypes[0];
    if (options.idempotencyKey) headers['idempotency-key'] = options.idempotencyKey;
    const init: RequestInit & { duplex?: 'half' } = { method: operation.method, headers };
    if (options.signal) init.signal = options.signal;
    if (isJson) init.body = JSON.stringify(options.body ?? {});
    else if (options.body !== undefined) {
      init.body = options.body as RequestBody;
      init.duplex = 'half';
    }
    const response = await this.#fetch(url, init);
    if (!response.ok) throw new ProblemError(await readProblem(response));
    return response;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { transport = fetch } = this.#options;
    try {
      return await transport(url, init);
    } catch (cause) {
      if (init.signal?.aborted) throw cause;
      throw (
        faultIn(cause) ??
        new Fault('server.unreachable', 'backoff', silenceOf(cause, this.baseUrl), { cause })
      );
    }
  }
}

/** A Fault of the caller itself, such as a file that could not be read while it was sent. */
function faultIn(error: unknown): Fault | undefined {
  if (error instanceof Fault) return error;
  return error instanceof Error && error.cause !== undefined ? faultIn(error.cause) : undefined;
}

function silenceOf(error: unknown, url: string): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(code)
    ? `the connection to the server at ${url} broke`
    : `no server answers at ${url}`;
}

/** Whether a call may be made again: no server has taken it, or it only reads. */
function mayRepeat(operation: Operation, body: unknown, error: unknown): boolean {
  // A stream may be half read, and cannot be sent again.
  if (operation.body === undefined && body !== undefined) return false;
  // Another server, which does not know our token, may have taken the port of ours.
  if (error instanceof ProblemError)
    return ['server.draining', 'request.unauthorized'].includes(error.problem.code);
  if (!(error instanceof Fault) || !(error.cause instanceof Error)) return false;
  const { cause } = error.cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  // ENOENT: there is no socket.
  const wasRefused = code === 'ECONNREFUSED' || code === 'ENOENT';
  return wasRefused || operation.method === 'GET';
}

async function readProblem(response: Response): Promise<Problem> {
  const { status, statusText } = response;
  const problem = problemIn(await response.text().catch(() => ''));
  return (
    problem ?? {
      type: 'about:blank',
      title: statusText,
      status,
      detail: `the server answered ${status}`,
      code: 'server.error',
    }
  );
}
