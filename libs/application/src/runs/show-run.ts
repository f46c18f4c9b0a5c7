import type { RunDto } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import { type Answer, accepted, refused } from '../answer.ts';
import { type People, withItsNames } from '../people.ts';
import type { Caller, ReadModels } from '../ports.ts';
import type { Reading, ReadRequest } from '../reading.ts';
import type { RunViews } from './run-views.ts';

export interface ShowRunParts {
  readonly readModels: Pick<ReadModels, 'showRun'>;
  readonly reading: Reading;
  readonly people: People;
  readonly views: Pick<RunViews, 'load'>;
}

/** A run with its steps, as it is now. */
export class ShowRun {
  readonly #parts: ShowRunParts;

  constructor(parts: ShowRunParts) {
    this.#parts = parts;
  }

  /** @param run  uuid, number or `latest` */
  async execute(caller: Caller, run: string, request: ReadRequest): Promise<Answer<RunDto>> {
    const { reading, people } = this.#parts;
    const refusal = await reading.refuseByAge('showRun', request);
    if (refusal) return refused(refusal);
    const found = await reading.runId(caller, run);
    if (!found.ok) return found;
    const shown = await this.#read(found.value);
    if (!shown.ok) return shown;
    return accepted(await withItsNames(people, caller.origin.tenant, shown.value));
  }

  /** From the read models, or folded from the log if they have stopped, or do not have the run yet. */
  async #read(runId: string): Promise<Answer<RunDto>> {
    const { readModels, views } = this.#parts;
    try {
      const shown = await readModels.showRun(runId);
      if (shown) return accepted(shown);
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'read-models.stopped')) throw error;
    }
    return views.load(runId);
  }
}
