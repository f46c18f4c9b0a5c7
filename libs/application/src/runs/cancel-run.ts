import { runDecider } from '#libs/domain';
import { streamName } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Once } from '../once.ts';
import type { Caller, CommandLog, KnownRuns } from '../ports.ts';
import { noSuchRun } from './run-checks.ts';

export interface CancelRunRequest {
  /** uuid, number or `latest`. */
  readonly run: string;
  readonly reason?: string | undefined;
  /** Kill at once, without the time to end. */
  readonly force: boolean;
}

export interface CancelRunParts {
  readonly log: Pick<CommandLog, 'runner'>;
  readonly runs: Pick<KnownRuns, 'findId'>;
  readonly once: Once;
}

/** Asks for the end of a run. */
export class CancelRun {
  readonly #parts: CancelRunParts;

  constructor(parts: CancelRunParts) {
    this.#parts = parts;
  }

  /** @returns the position to wait for; @throws Fault of the log and of the read models */
  async execute(
    { origin }: Caller,
    { run, ...request }: CancelRunRequest,
  ): Promise<Answer<{ readonly position: number }>> {
    const { log, runs, once } = this.#parts;
    const runId = await runs.findId(origin.tenant, run);
    if (runId === undefined) return refused(noSuchRun(run));
    return once.act({ key: origin.commandId, asked: [{ id: run }, request] }, async () => {
      const answer = await log.runner.run(
        runDecider,
        streamName('run', runId),
        {
          kind: 'cancel-run',
          by: origin.actor,
          force: request.force,
          ...(request.reason === undefined ? {} : { reason: request.reason }),
        },
        { ...origin, correlationId: runId },
      );
      return answer.ok ? accepted({ position: answer.position }) : refused(answer.rejection);
    });
  }
}
