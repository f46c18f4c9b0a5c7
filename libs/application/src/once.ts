import { canonicalJson, sha256Hex } from '#libs/kernel';
import { type Answer, accepted, refused } from './answer.ts';
import type { Requests } from './ports.ts';

/** A request that may come twice. */
export interface RepeatableRequest {
  /** The command id that the caller's idempotency key stands for; without one nothing is remembered. */
  readonly key: string | undefined;
  /** All that the caller asks, as JSON: the same key with something else is a mistake of the caller. */
  readonly asked: unknown;
  /** The command id in the log, if it is not the key's: a trigger key has its own. */
  readonly commandId?: string | undefined;
  /** `act` finds its first answer in the log, so no copy is kept, which would cost each start a write. */
  readonly isAnswerInLog?: boolean;
}

/**
 * Carries out each command once, whoever repeats it: at the same time (both get one answer), later (the first answer), or
 * after a crash between the append and the answer (the log knows the command id). What is refused is forgotten: a caller
 * may correct the request and send it with the same key.
 */
export class Once {
  readonly #requests: Requests;
  /** By command id. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** @throws what `act` throws; then the key stays with the request, and a repeat acts again */
  async act<Value extends object>(
    request: RepeatableRequest,
    act: () => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> {
    const { key } = request;
    if (key === undefined) return this.#join(request.commandId, act);
    const fingerprint = sha256Hex(canonicalJson(request.asked));
    const known = await this.#requests.remember(key, fingerprint);
    if (!known.isSame)
      return refused({
        code: 'request.idempotency-mismatch',
        message: 'this Idempotency-Key was used for another request',
      });
    if (known.answer !== undefined) return accepted(known.answer as Value);
    const answer = await this.#join(request.commandId ?? key, act);
    if (!answer.ok) await this.#requests.forget(key);
    else if (request.isAnswerInLog !== true) await this.#requests.rememberAnswer(key, answer.value);
    return answer;
  }

  /** Callers that come while the same command is under way get its answer. */
  #join<Value>(
    commandId: string | undefined,
    act: () => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> {
    if (commandId === undefined) return act();
    const joined = this.#underWay.get(commandId);
    if (joined !== undefined) return joined as Promise<Answer<Value>>;
    const begun = act().finally(() => this.#underWay.delete(commandId));
    this.#underWay.set(commandId, begun);
    return begun;
  }
}
