import type { ProjectionStatusDto } from '#libs/api-contract';
import type { ReadModels } from '../ports.ts';

/** The read models, and how far behind the log each is. */
export class ListProjections {
  readonly #readModels: Pick<ReadModels, 'listProjections'>;

  constructor({ readModels }: { readonly readModels: Pick<ReadModels, 'listProjections'> }) {
    this.#readModels = readModels;
  }

  execute(): Promise<readonly ProjectionStatusDto[]> {
    return this.#readModels.listProjections();
  }
}
