import type { operations, Page, PipelineDto, QueryOf } from '#libs/api-contract';
import type { Answer } from '../answer.ts';
import type { ReadModels } from '../ports.ts';
import type { Reading } from '../reading.ts';

export interface ListPipelinesParts {
  readonly readModels: Pick<ReadModels, 'listPipelines'>;
  readonly reading: Reading;
}

/** Registered pipelines by name, each in its newest version. */
export class ListPipelines {
  readonly #parts: ListPipelinesParts;

  constructor(parts: ListPipelinesParts) {
    this.#parts = parts;
  }

  execute(query: QueryOf<typeof operations.listPipelines>): Promise<Answer<Page<PipelineDto>>> {
    const { reading, readModels } = this.#parts;
    return reading.page(query, () => readModels.listPipelines(query));
  }
}
