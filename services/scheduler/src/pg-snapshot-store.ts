import { type Pool, queryRows } from '#libs/postgres';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';

interface Row {
  readonly incarnation: string;
  readonly fold_version: number;
  readonly body: string;
}

/** Snapshots in the table `scheduler_snapshots`. The caller closes the pool. */
export class PgSnapshotStore implements SnapshotStore {
  private readonly pool: Pool;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  async load(shard: number): Promise<StoredSnapshot | undefined> {
    const [row] = await queryRows<Row>(
      this.pool,
      'select incarnation, fold_version, body from scheduler_snapshots where shard = $1',
      [shard],
    );
    if (row === undefined) return undefined;
    const { incarnation, fold_version: foldVersion, body } = row;
    return { incarnation, foldVersion, snapshot: JSON.parse(body) };
  }

  async save(shard: number, stored: StoredSnapshot): Promise<void> {
    const { incarnation, foldVersion, snapshot } = stored;
    await queryRows(
      this.pool,
      `insert into scheduler_snapshots (shard, incarnation, fold_version, position, body)
       values ($1, $2, $3, $4, $5)
       on conflict (shard) do update set incarnation = excluded.incarnation,
         fold_version = excluded.fold_version, position = excluded.position, body = excluded.body`,
      [shard, incarnation, foldVersion, snapshot.position, JSON.stringify(snapshot)],
    );
  }
}
