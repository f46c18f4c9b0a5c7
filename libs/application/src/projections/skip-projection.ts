import type { LogTail } from '#libs/event-store';
import type { Answer } from '../answer.ts';
import type { Caller, ReadModels } from '../ports.ts';
import { onReadModel } from './named-read-model.ts';

export interface SkipProjectionParts {
  readonly readModels: Pick<ReadModels, 'skip'>;
  readonly tail: Pick<LogTail, 'position'>;
}

/** Lets a read model pass over the event that it stopped at. */
export class SkipProjection {
  readonly #parts: SkipProjectionParts;

  constructor(parts: SkipProjectionParts) {
    this.#parts = parts;
  }

  /**
   * @returns the position to wait for
   * @throws Fault `projection.not-stopped`
   */
  execute(_caller: Caller, name: string): Promise<Answer<{ readonly position: number }>> {
    const { readModels, tail } = this.#parts;
    return onReadModel(async () => {
      await readModels.skip(name);
      return { position: tail.position };
    });
  }
}
