import type { operations, Page, PipelineDto, QueryOf } from '#libs/api-contract';
import { type Answer, refused } from '../answer.ts';
import type { Caller, ReadModels } from '../ports.ts';
import type { Reading } from '../reading.ts';

export interface ListPipelineVersionsParts {
  readonly readModels: Pick<ReadModels, 'listPipelineVersions'>;
  readonly reading: Reading;
}

/** The versions of a registered pipeline, the newest first. */
export class ListPipelineVersions {
  readonly #parts: ListPipelineVersionsParts;

  constructor(parts: ListPipelineVersionsParts) {
    this.#parts = parts;
  }

  async execute(
    { origin }: Caller,
    name: string,
    query: QueryOf<typeof operations.listPipelineVersions>,
  ): Promise<Answer<Page<PipelineDto>>> {
    const { reading, readModels } = this.#parts;
    const page = await reading.page('listPipelineVersions', query, () =>
      readModels.listPipelineVersions(origin.tenant, name, query),
    );
    const isUnknown = page.ok && page.value.items.length === 0 && query.cursor === undefined;
    if (!isUnknown) return page;
    return refused({ code: 'pipeline.not-found', message: `there is no pipeline ${name}` });
  }
}
