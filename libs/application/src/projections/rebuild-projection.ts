import type { LogTail } from '#libs/event-store';
import type { Answer } from '../answer.ts';
import type { Caller, ReadModels } from '../ports.ts';
import { onReadModel } from './named-read-model.ts';

export interface RebuildProjectionParts {
  readonly readModels: Pick<ReadModels, 'rebuild'>;
  readonly tail: Pick<LogTail, 'position'>;
}

/** Builds a read model anew from the log. */
export class RebuildProjection {
  readonly #parts: RebuildProjectionParts;

  constructor(parts: RebuildProjectionParts) {
    this.#parts = parts;
  }

  /**
   * @returns the position to wait for
   * @throws Fault `projection.stopped`
   */
  execute(_caller: Caller, name: string): Promise<Answer<{ readonly position: number }>> {
    const { readModels, tail } = this.#parts;
    return onReadModel(async () => {
      await readModels.rebuild(name);
      return { position: tail.position };
    });
  }
}
