import { executorDecider } from '#libs/domain';
import { defaultTenant, type Origin, streamName } from '#libs/events';
import { leaseTerms, type RegisterRequest, type RegisterResponse } from '#libs/executor-protocol';
import { Fault } from '#libs/kernel';
import type { GatewayParts } from './gateway-parts.ts';

type Parts = Pick<
  GatewayParts,
  'runner' | 'store' | 'heartbeats' | 'tokenOf' | 'allowsProcessDriver'
>;

/** Which executors there are: they register, and leave or are replaced. */
export class Registration {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws Fault `executor.driver-refused`, or the code of the decider's rejection */
  async register(request: RegisterRequest): Promise<RegisterResponse> {
    const { executorId, replaces, ...description } = request;
    const { runner, store, heartbeats, tokenOf, allowsProcessDriver } = this.#parts;
    if (!allowsProcessDriver && description.capabilities.drivers.includes('process')) {
      throw new Fault(
        'executor.driver-refused',
        'never',
        `${description.name} offers the process driver, whose steps are not isolated, and this server listens beyond loopback; allow_process_driver allows it`,
      );
    }
    if (replaces !== undefined && replaces !== executorId) await this.#lose(replaces, 'replaced');
    const stream = streamName('executor', executorId);
    const command = { kind: 'register-executor', ...description } as const;
    const answer = await runner.run(executorDecider, stream, command, originOf(executorId));
    if (!answer.ok) throw new Fault(answer.rejection.code, 'never', answer.rejection.message);
    await heartbeats.beat(executorId, description.slots);
    const { incarnation } = await store.head();
    const { position } = answer;
    return { executorId, token: tokenOf(executorId), ...leaseTerms, position, incarnation };
  }

  async leave(executorId: string): Promise<void> {
    await this.#lose(executorId, 'left');
    await this.#parts.heartbeats.remove(executorId);
  }

  /**
   * Refuses an executor that is unknown or lost.
   *
   * @param atLeast  1: a registration that this process has seen is enough; absent: the newest state is read
   * @throws Fault `executor.gone`
   */
  async requirePresent(
    executorId: string,
    options: { readonly atLeast?: number } = {},
  ): Promise<void> {
    const stream = streamName('executor', executorId);
    const { state } = await this.#parts.runner.load(executorDecider, stream, options);
    if (state.status === 'unknown' || state.status === 'lost')
      throw new Fault('executor.gone', 'never', `executor ${executorId} is not registered`);
  }

  /** A rejection means that the executor is unknown or already lost, so it is not an error. */
  async #lose(executorId: string, why: 'replaced' | 'left'): Promise<void> {
    const stream = streamName('executor', executorId);
    const command = { kind: 'lose-executor', why } as const;
    await this.#parts.runner.run(executorDecider, stream, command, originOf(executorId));
  }
}

function originOf(executorId: string): Origin {
  return { tenant: defaultTenant, actor: `executor:${executorId}` };
}
