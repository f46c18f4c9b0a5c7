import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';

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
