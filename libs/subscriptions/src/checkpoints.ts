/** How far a reader of the log has come. */
export interface Checkpoint {
  /** Everything up to here is done. */
  readonly position: number;
  /** The log that the position belongs to: a restored log has another one, and its positions mean other events. */
  readonly incarnation: string;
}

/** Another process moved the checkpoint: what it stands for was done there. Read it again and go on from where it is. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

/** Checkpoints of readers that store them after their work. All methods throw Fault `postgres.unreachable` (retry: backoff). */
export interface CheckpointStore {
  /** Undefined if the reader has never stored one. */
  load(reader: string): Promise<Checkpoint | undefined>;
  /**
   * Compares and sets in one step.
   *
   * @param from  what `load` answered, or the last `to`
   * @throws CheckpointMoved if the checkpoint is no longer `from`
   */
  move(reader: string, from: Checkpoint | undefined, to: Checkpoint): Promise<void>;
}
