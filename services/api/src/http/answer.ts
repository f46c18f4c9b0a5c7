import type { Answer, Caller } from '#libs/application';
import { problemOf } from './http-problem.ts';
import type { Call } from './route.ts';

/** Who calls, as use cases know them. */
export function callerOf({ origin, principal }: Pick<Call<never>, 'origin' | 'principal'>): Caller {
  return { origin, permissions: principal.permissions };
}

/** @throws HttpProblem for what a use case refuses */
export function valueOrProblem<Value>(answer: Answer<Value>): Value {
  if (answer.ok) return answer.value;
  throw problemOf(answer.refusal);
}
