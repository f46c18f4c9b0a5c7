import { canonicalJson, sha256Hex } from '#libs/kernel';
import type { ApiParts } from '../api.parts.ts';
import { HttpProblem } from './http-problem.ts';

interface KeyedCall {
  readonly params?: unknown;
  readonly body?: unknown;
  readonly origin: { readonly commandId?: string | undefined };
}

/**
 * An Idempotency-Key stands for one request: the same operation on the same thing with the same body. Called before a
 * command is given, where the operation takes a key; without a key nothing is remembered.
 *
 * @returns what `answerOnce` answered before
 * @throws HttpProblem `request.idempotency-mismatch`
 */
export async function requireSameRequest(parts: ApiParts, call: KeyedCall): Promise<unknown> {
  const { commandId } = call.origin;
  if (commandId === undefined) return undefined;
  const fingerprint = sha256Hex(canonicalJson([call.params ?? null, call.body ?? null]));
  const known = await parts.rememberRequest(commandId, fingerprint);
  if (known.isSame) return known.answer;
  throw new HttpProblem(
    'request.idempotency-mismatch',
    'this Idempotency-Key was used for another request',
  );
}

/**
 * Acts for a request whose key `requireSameRequest` has noted. What was refused is forgotten: who corrects the request may send
 * it with the same key.
 *
 * @throws what `act` throws
 */
export async function actForKey<Answer>(
  parts: ApiParts,
  call: KeyedCall,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const { commandId } = call.origin;
  try {
    return await act();
  } catch (error) {
    if (commandId !== undefined && error instanceof HttpProblem)
      await parts.forgetRequest(commandId);
    throw error;
  }
}

/**
 * For operations that may find nothing to do: the log remembers a command by its events, so the first answer to one without
 * any is remembered here. Refusals are not.
 *
 * @throws HttpProblem `request.idempotency-mismatch`, and what `act` throws
 */
export async function answerOnce<Answer extends object>(
  parts: ApiParts,
  call: KeyedCall,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const before = await requireSameRequest(parts, call);
  if (before !== undefined) return before as Answer;
  const answer = await actForKey(parts, call, act);
  const { commandId } = call.origin;
  if (commandId !== undefined) await parts.rememberAnswer(commandId, answer);
  return answer;
}
