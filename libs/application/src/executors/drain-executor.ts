import { executorDecider } from '#libs/domain';
import { streamName } from '#libs/events';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Once } from '../once.ts';
import type { Caller, CommandLog } from '../ports.ts';
import { noSuchExecutor } from './show-executor.ts';

export interface DrainExecutorParts {
  readonly log: Pick<CommandLog, 'runner'>;
  readonly once: Once;
}

/** An executor ends what it runs and is given nothing more. */
export class DrainExecutor {
  readonly #parts: DrainExecutorParts;

  constructor(parts: DrainExecutorParts) {
    this.#parts = parts;
  }

  /** @returns the position to wait for; @throws Fault of the log */
  async execute(
    { origin }: Caller,
    executorId: string,
  ): Promise<Answer<{ readonly position: number }>> {
    const { log, once } = this.#parts;
    const stream = streamName('executor', executorId);
    // Whose executor it is never changes: what this process knows of it already is enough.
    const { tenant } = await log.runner.load(executorDecider, stream, { atLeast: 1 });
    if (tenant !== origin.tenant) return refused(noSuchExecutor(executorId));
    return once.act({ key: origin.commandId, asked: [{ id: executorId }, null] }, async () => {
      const answer = await log.runner.run(
        executorDecider,
        stream,
        { kind: 'drain-executor', by: origin.actor },
        origin,
      );
      return answer.ok ? accepted({ position: answer.position }) : refused(answer.rejection);
    });
  }
}
