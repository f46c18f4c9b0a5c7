import type { KnownRequest, Requests } from '#libs/application';

/** Idempotency keys in memory, for as long as the process lives. */
export class MemoryRequests implements Requests {
  readonly #known = new Map<string, { readonly fingerprint: string; answer?: unknown }>();

  async remember(commandId: string, fingerprint: string): Promise<KnownRequest> {
    const known = this.#known.get(commandId) ?? { fingerprint };
    this.#known.set(commandId, known);
    return { isSame: known.fingerprint === fingerprint, answer: known.answer };
  }

  async rememberAnswer(commandId: string, answer: object): Promise<void> {
    const known = this.#known.get(commandId);
    if (known) known.answer ??= answer;
  }

  async forget(commandId: string): Promise<void> {
    if (this.#known.get(commandId)?.answer === undefined) this.#known.delete(commandId);
  }
}
