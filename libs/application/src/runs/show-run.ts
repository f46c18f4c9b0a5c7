import type { RunDto } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import { type People, withItsNames } from '../people.ts';
import type { Caller, ReadModels } from '../ports.ts';
import type { Reading, ReadWish } from '../reading.ts';
import { noSuchRun } from './run-checks.ts';

export interface ShowRunParts {
  readonly readModels: Pick<ReadModels, 'showRun'>;
  readonly reading: Reading;
  readonly people: People;
}

/** A run with its steps, as it is now. */
export class ShowRun {
  readonly #parts: ShowRunParts;

  constructor(parts: ShowRunParts) {
    this.#parts = parts;
  }

  /** @param run  uuid, number or `latest` */
  async execute(caller: Caller, run: string, wish: ReadWish): Promise<Answer<RunDto>> {
    const { reading, readModels, people } = this.#parts;
    const refusal = await reading.refuseByAge(wish);
    if (refusal) return refused(refusal);
    const found = await reading.runId(caller, run);
    if (!found.ok) return found;
    const shown = await readModels.showRun(found.value);
    if (!shown) return refused(noSuchRun(found.value));
    return accepted(await withItsNames(people, caller.origin.tenant, shown));
  }
}
