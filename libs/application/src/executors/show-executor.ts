import type { ExecutorDto } from '#libs/api-contract';
import { type Answer, accepted, refused } from '../answer.ts';
import type { ReadModels } from '../ports.ts';
import type { Reading, ReadWish } from '../reading.ts';

export interface ShowExecutorParts {
  readonly readModels: Pick<ReadModels, 'showExecutor'>;
  readonly reading: Reading;
}

export class ShowExecutor {
  readonly #parts: ShowExecutorParts;

  constructor(parts: ShowExecutorParts) {
    this.#parts = parts;
  }

  async execute(id: string, wish: ReadWish): Promise<Answer<ExecutorDto>> {
    const { reading, readModels } = this.#parts;
    const refusal = await reading.refuseByAge(wish);
    if (refusal) return refused(refusal);
    const executor = await readModels.showExecutor(id);
    if (executor) return accepted(executor);
    return refused({ code: 'executor.not-found', message: `there is no executor ${id}` });
  }
}
