import { type DiagnosticDto, type Problem } from '#libs/api-contract';
import { describeError, type ErrorCode, type Rejection } from '#libs/kernel';

/** The one exception that controllers and handlers throw: a stable code and what the caller needs to know. */
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

export interface ProblemExtras {
  /** Where the case allows better advice than its code. */
  readonly hint?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly diagnostics?: readonly DiagnosticDto[];
  readonly retryAfterSeconds?: number;
  readonly allow?: string;
}

/** A decider's no as an answer; the code decides the status by the one table in the kernel. */
export function problemOf(rejection: Rejection<ErrorCode>): HttpProblem {
  return new HttpProblem(rejection.code, rejection.message);
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
