import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ExecutorGateway,
  flawOfTerms,
  type RegisterRequest,
  type RegisterResponse,
} from '#libs/executor-protocol';
import { type Clock, Fault, type Ids, isUuid, type Timers } from '#libs/kernel';
import { retryCall } from './retry-call.ts';

export interface RegistrationParts {
  readonly gateway: ExecutorGateway;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly stateDir: string;
}

export type ExecutorDescription = Omit<RegisterRequest, 'executorId' | 'replaces'>;

/** One registration, under whose id the executor is known until it is lost. */
export interface Membership extends RegisterResponse {
  /** When the acknowledged registration was sent, by the monotonic clock. */
  readonly sentAtMs: number;
}

const retryDelayMsMax = 5_000;

/**
 * Registers under a fresh id and says which one it replaces: the last of this process, or of the state directory's last
 * process, whose attempts are then lost at once instead of after a lease term.
 */
export class Registration {
  readonly #parts: RegistrationParts;
  #lastId: string | undefined;

  constructor(parts: RegistrationParts) {
    this.#parts = parts;
  }

  /** Repeats until the server answers. @throws what is final (`server.incompatible` for terms that are not safe), and the reason of `abort` */
  async register(description: ExecutorDescription, abort: AbortSignal): Promise<Membership> {
    const { gateway, clock, timers, ids } = this.#parts;
    const executorId = ids.uuid();
    const replaces = this.#lastId ?? (await this.#readId());
    const request = { executorId, ...(replaces === undefined ? {} : { replaces }), ...description };
    let sentAtMs = 0;
    const answer = await retryCall(
      () => {
        sentAtMs = clock.monotonicMs();
        return gateway.register(request);
      },
      abort,
      { timers, ids, delayMsMax: retryDelayMsMax },
    );
    const flaw = flawOfTerms(answer);
    if (flaw !== undefined)
      throw new Fault('server.incompatible', 'never', `the server’s terms are refused: ${flaw}`);
    this.#lastId = executorId;
    // Before the first assignment is requested, since attempts from now on are held under this id.
    await this.#writeId(executorId);
    return { ...answer, sentAtMs };
  }

  get #idFile(): string {
    return join(this.#parts.stateDir, 'executor-id');
  }

  async #readId(): Promise<string | undefined> {
    const text = await readFile(this.#idFile, 'utf8').catch(() => '');
    return isUuid(text.trim()) ? text.trim() : undefined;
  }

  async #writeId(executorId: string): Promise<void> {
    await writeFile(`${this.#idFile}.draft`, `${executorId}\n`, { mode: 0o600 });
    await rename(`${this.#idFile}.draft`, this.#idFile);
  }
}
