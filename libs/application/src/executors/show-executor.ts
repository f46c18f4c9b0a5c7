import type { ExecutorDto } from '#libs/api-contract';
import { type Answer, accepted, type Refusal, refused } from '../answer.ts';
import type { Caller, ReadModels } from '../ports.ts';
import type { Reading, ReadRequest } from '../reading.ts';

export interface ShowExecutorParts {
  readonly readModels: Pick<ReadModels, 'showExecutor'>;
  readonly reading: Reading;
}

export class ShowExecutor {
  readonly #parts: ShowExecutorParts;

  constructor(parts: ShowExecutorParts) {
    this.#parts = parts;
  }

  async execute(
    { origin }: Caller,
    id: string,
    request: ReadRequest,
  ): Promise<Answer<ExecutorDto>> {
    const { reading, readModels } = this.#parts;
    const refusal = await reading.refuseByAge('showExecutor', request);
    if (refusal) return refused(refusal);
    const executor = await readModels.showExecutor(origin.tenant, id);
    if (executor) return accepted(executor);
    return refused(noSuchExecutor(id));
  }
}

export function noSuchExecutor(id: string): Refusal {
  return { code: 'executor.not-found', message: `there is no executor ${id}` };
}
