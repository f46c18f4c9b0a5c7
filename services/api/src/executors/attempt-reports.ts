import { runDecider } from '#libs/domain';
import { streamName } from '#libs/events';
import {
  type Acknowledgement,
  type FinishedRequest,
  requireArtifactNames,
  type StartedRequest,
} from '#libs/executor-protocol';
import { Fault } from '#libs/kernel';
import type { GatewayParts } from './gateway-parts.ts';

/** What executors report of their attempts, taken by the decider of the run. */
export class AttemptReports {
  readonly #parts: Pick<GatewayParts, 'runner' | 'clock' | 'random'>;

  constructor(parts: Pick<GatewayParts, 'runner' | 'clock' | 'random'>) {
    this.#parts = parts;
  }

  started(executorId: string, request: StartedRequest): Promise<Acknowledgement> {
    const { runId, step, attempt, fence } = request;
    const command = { kind: 'start-attempt', step, attempt, executor: executorId, fence } as const;
    return this.#decide(executorId, runId, command);
  }

  /** @throws Fault `request.invalid`  an artifact has a name that is refused */
  async finished(executorId: string, request: FinishedRequest): Promise<Acknowledgement> {
    const { runId, step, attempt, fence, report } = request;
    requireArtifactNames(report);
    const { clock, random } = this.#parts;
    const command = {
      kind: 'finish-attempt',
      step,
      attempt,
      executor: executorId,
      fence,
      report,
      nowMs: clock.nowMs(),
      random: random(),
    } as const;
    return this.#decide(executorId, runId, command);
  }

  /** A rejection other than `log.conflict` means that the attempt no longer belongs to the executor. */
  async #decide(
    executorId: string,
    runId: string,
    command: Parameters<typeof runDecider.decide>[0],
  ): Promise<Acknowledgement> {
    // Without a tenant: the event gets the one of the run.
    const origin = { actor: `executor:${executorId}`, correlationId: runId };
    const stream = streamName('run', runId);
    const answer = await this.#parts.runner.run(runDecider, stream, command, origin);
    if (answer.ok) return { accepted: true };
    if (answer.rejection.code === 'log.conflict')
      throw new Fault('log.conflict', 'backoff', answer.rejection.message);
    return { accepted: false };
  }
}
