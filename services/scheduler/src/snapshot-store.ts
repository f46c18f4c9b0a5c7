import type { SchedulerSnapshot } from '#libs/scheduling';

/** A stored snapshot, with what tells whether it is still usable. */
export interface StoredSnapshot {
  /** The incarnation of the log that was folded. It changes when the log is restored from a backup. */
  readonly incarnation: string;
  /** The version of the code that folded. */
  readonly foldVersion: number;
  readonly snapshot: SchedulerSnapshot;
}

/** The newest snapshot of each shard. Snapshots may be deleted at any time: the state can be folded from the log. */
export interface SnapshotStore {
  /** @throws Fault `postgres.unreachable` (retry: backoff) */
  load(shard: number): Promise<StoredSnapshot | undefined>;
  /** Replaces the shard's snapshot. @throws Fault `postgres.unreachable` (retry: backoff) */
  save(shard: number, stored: StoredSnapshot): Promise<void>;
}
