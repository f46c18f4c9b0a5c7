import type { Problem } from '#libs/api-contract';
import type { Refusal } from '#libs/application';
import { describeError, type ErrorCode } from '#libs/kernel';

/** The one exception that controllers throw: a stable code and what the caller needs to know. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: ErrorCode;
  readonly extras: ProblemExtras;

  constructor(code: ErrorCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.code = code;
    this.extras = extras;
  }
}

export interface ProblemExtras extends Omit<Refusal, 'code' | 'message'> {
  /** The methods that the path has, if it does not have the one of the request. */
  readonly allow?: string;
}

/** The problem for a refusal. Its code decides the status, by the table in the kernel. */
export function problemOf({ code, message, ...extras }: Refusal): HttpProblem {
  return new HttpProblem(code, message, extras);
}

/** The RFC 9457 document of a problem. */
export function problemDocument(
  problem: HttpProblem,
  at: { readonly instance: string; readonly traceId: string },
): Problem {
  const { status, title, hint: usual } = describeError(problem.code);
  const { hint = usual } = problem.extras;
  return {
    type: `/docs/problems/${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance: at.instance,
    code: problem.code,
    hint,
    traceId: at.traceId,
    ...(problem.extras.errors ? { errors: [...problem.extras.errors] } : {}),
    ...(problem.extras.diagnostics ? { diagnostics: [...problem.extras.diagnostics] } : {}),
  };
}
