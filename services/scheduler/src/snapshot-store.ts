import type { SchedulerSnapshot } from '#libs/scheduling';

/** A fold that was put away, with what tells whether it is still worth something. */
export interface StoredSnapshot {
  /** Of the log that was folded: after a restore from backup it is another. */
  readonly incarnation: string;
  /** Of the fold's code. */
  readonly foldVersion: number;
  readonly snapshot: SchedulerSnapshot;
}

/** Snapshots by shard, only the newest of each. They may vanish at any time: the log has everything. */
export interface SnapshotStore {
  /** @throws Fault `postgres.unreachable` (retry: backoff) */
  load(shard: number): Promise<StoredSnapshot | undefined>;
  /** Replaces what is there. @throws Fault `postgres.unreachable` (retry: backoff) */
  save(shard: number, stored: StoredSnapshot): Promise<void>;
}

/** Snapshots in memory, for scenarios and simulations. */
export class MemorySnapshotStore implements SnapshotStore {
  readonly #texts = new Map<number, string>();

  async load(shard: number): Promise<StoredSnapshot | undefined> {
    const text = this.#texts.get(shard);
    return text === undefined ? undefined : JSON.parse(text);
  }

  async save(shard: number, stored: StoredSnapshot): Promise<void> {
    this.#texts.set(shard, JSON.stringify(stored));
  }
}
