import type { Answer, Caller } from '#libs/application';
import { problemOf } from './http-problem.ts';
import type { Call } from './route.ts';

/** The caller, as use cases know it. */
export function callerOf({ origin, principal }: Pick<Call<never>, 'origin' | 'principal'>): Caller {
  return { origin, permissions: principal.permissions };
}

/** @throws HttpProblem if the use case refused */
export function valueOrProblem<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  throw problemOf(answer.refusal);
}
