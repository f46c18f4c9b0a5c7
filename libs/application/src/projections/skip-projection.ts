import type { LogTail } from '#libs/event-store';
import { type Answer, accepted } from '../answer.ts';
import type { ReadModels } from '../ports.ts';

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
   * @throws Fault `request.not-found`, `projection.not-stopped`
   */
  async execute(name: string): Promise<Answer<{ readonly position: number }>> {
    const { readModels, tail } = this.#parts;
    await readModels.skip(name);
    return accepted({ position: tail.position });
  }
}
