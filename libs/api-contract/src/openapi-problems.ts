import { describeError } from '#libs/kernel';
import type { JsonObject } from './openapi-schemas.ts';
import type { Operation } from './operation.ts';
import { errorsOf } from './operation-errors.ts';

/** The problems that an operation can answer, by status: each names its codes. */
export function problemAnswers(operation: Operation, problem: JsonObject): JsonObject {
  const byStatus = Map.groupBy(errorsOf(operation).map(describeError), ({ status }) => status);
  const answers = [...byStatus].sort(([one], [other]) => one - other);
  const isOfCallers = answers.some(([status]) => status < 500);
  const problems = Object.fromEntries(
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
  return isOfCallers ? problems : { ...problems, '4XX': notHttp };
}

/** Every operation can answer so; it is said where no other status of this kind is. */
const notHttp: JsonObject = {
  description:
    'The request is not HTTP as the server takes it, such as one with a head of more than 16 KiB (431). The body is no problem document.',
};

const retryAfter: JsonObject = {
  description: 'How long to wait before the next try, in seconds.',
  schema: { type: 'integer', format: 'int32', minimum: 0 },
};
