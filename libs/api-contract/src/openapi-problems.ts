import { describeError } from '#libs/kernel';
import type { JsonObject } from './openapi-schemas.ts';
import type { Operation } from './operation.ts';
import { errorsOf } from './operation-errors.ts';

/** The problems that an operation can answer, by status: each names its codes. */
export function problemAnswers(operation: Operation, problem: JsonObject): JsonObject {
  const byStatus = Map.groupBy(errorsOf(operation).map(describeError), ({ status }) => status);
  const answers = [...byStatus].sort(([one], [other]) => one - other);
  return Object.fromEntries(
    answers.map(([status, errors]) => [
      String(status),
      {
        description: errors.map(({ code, title }) => `\`${code}\`: ${title}.`).join(' '),
        'x-problem-codes': errors.map(({ code }) => code),
        ...(status === 429 || status === 503 ? { headers: { 'Retry-After': retryAfter } } : {}),
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}

const retryAfter: JsonObject = {
  description: 'How long to wait before the next try, in seconds.',
  schema: { type: 'integer', minimum: 0 },
};
