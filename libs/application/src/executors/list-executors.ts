import type { ExecutorDto, operations, Page, QueryOf } from '#libs/api-contract';
import type { Answer } from '../answer.ts';
import type { ReadModels } from '../ports.ts';
import type { Reading } from '../reading.ts';

export interface ListExecutorsParts {
  readonly readModels: Pick<ReadModels, 'listExecutors'>;
  readonly reading: Reading;
}

/** Executors, and those that are gone where they are asked for. */
export class ListExecutors {
  readonly #parts: ListExecutorsParts;

  constructor(parts: ListExecutorsParts) {
    this.#parts = parts;
  }

  execute(query: QueryOf<typeof operations.listExecutors>): Promise<Answer<Page<ExecutorDto>>> {
    const { reading, readModels } = this.#parts;
    return reading.page(query, () => readModels.listExecutors(query));
  }
}
