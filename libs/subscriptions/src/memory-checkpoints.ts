import { type Checkpoint, CheckpointMoved, type CheckpointStore } from './checkpoints.ts';

/** Checkpoints in the memory of one process, for specs and simulations. */
export class MemoryCheckpoints implements CheckpointStore {
  readonly #checkpoints = new Map<string, Checkpoint>();

  async load(reader: string): Promise<Checkpoint | undefined> {
    return this.#checkpoints.get(reader);
  }

  async move(reader: string, from: Checkpoint | undefined, to: Checkpoint): Promise<void> {
    const found = this.#checkpoints.get(reader);
    if (found?.position !== from?.position || found?.incarnation !== from?.incarnation)
      throw new CheckpointMoved(`the checkpoint of ${reader} is no longer at ${from?.position}`);
    this.#checkpoints.set(reader, to);
  }
}
