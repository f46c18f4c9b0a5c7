import type { operations, Page, QueryOf, RunSummary } from '#libs/api-contract';
import type { Answer } from '../answer.ts';
import type { ReadModels } from '../ports.ts';
import type { Reading } from '../reading.ts';

export interface ListRunsParts {
  readonly readModels: Pick<ReadModels, 'listRuns'>;
  readonly reading: Reading;
}

/** Runs, the newest first. */
export class ListRuns {
  readonly #parts: ListRunsParts;

  constructor(parts: ListRunsParts) {
    this.#parts = parts;
  }

  execute(query: QueryOf<typeof operations.listRuns>): Promise<Answer<Page<RunSummary>>> {
    const { reading, readModels } = this.#parts;
    return reading.page(query, () => readModels.listRuns(query));
  }
}
