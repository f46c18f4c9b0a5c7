import type { RunDto } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import type { Caller, ReadModels } from '../ports.ts';
import type { Reading, ReadWish } from '../reading.ts';
import { noSuchRun } from './run-checks.ts';

export interface ShowRunParts {
  readonly readModels: Pick<ReadModels, 'showRun'>;
  readonly reading: Reading;
}

/** A run with its steps, as it is now. */
export class ShowRun {
  readonly #parts: ShowRunParts;

  constructor(parts: ShowRunParts) {
    this.#parts = parts;
  }

  /** @param run  uuid, number or `latest` */
  async execute(caller: Caller, run: string, wish: ReadWish): Promise<Answer<RunDto>> {
    const { reading, readModels } = this.#parts;
    const refusal = await reading.refuseByAge(wish);
    if (refusal) return refused(refusal);
    const found = await reading.runId(caller, run);
    if (!found.ok) return found;
    const shown = await readModels.showRun(found.value);
    return shown ? accepted(shown) : refused(noSuchRun(found.value));
  }
}
