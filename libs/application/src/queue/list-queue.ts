import type { operations, Page, QueryOf, QueueItem } from '#libs/api-contract';
import type { Answer } from '../answer.ts';
import type { ReadModels } from '../ports.ts';
import type { Reading } from '../reading.ts';

export interface ListQueueParts {
  readonly readModels: Pick<ReadModels, 'listQueue'>;
  readonly reading: Reading;
}

/** Steps that wait for an executor, in the order in which they will be given out. */
export class ListQueue {
  readonly #parts: ListQueueParts;

  constructor(parts: ListQueueParts) {
    this.#parts = parts;
  }

  execute(query: QueryOf<typeof operations.listQueue>): Promise<Answer<Page<QueueItem>>> {
    const { reading, readModels } = this.#parts;
    return reading.page(query, () => readModels.listQueue(query));
  }
}
