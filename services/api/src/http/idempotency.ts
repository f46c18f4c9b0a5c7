import { canonicalJson, sha256Hex } from '#libs/kernel';
import type { ApiParts } from '../api.parts.ts';
import { HttpProblem } from './http-problem.ts';

/**
 * An Idempotency-Key stands for one request: the same operation on the same thing with the same body. Called before a
 * command is given, where the operation takes a key; without a key nothing is remembered.
 *
 * @throws HttpProblem `request.idempotency-mismatch`
 */
export async function requireSameRequest(
  parts: ApiParts,
  call: {
    readonly params?: unknown;
    readonly body?: unknown;
    readonly origin: { readonly commandId?: string | undefined };
  },
): Promise<void> {
  const { commandId } = call.origin;
  if (commandId === undefined) return;
  const fingerprint = sha256Hex(canonicalJson([call.params ?? null, call.body ?? null]));
  if (await parts.rememberRequest(commandId, fingerprint)) return;
  throw new HttpProblem(
    'request.idempotency-mismatch',
    'this Idempotency-Key was used for another request',
  );
}
