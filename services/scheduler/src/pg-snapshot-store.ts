import { Fault } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';

interface Row {
  readonly incarnation: string;
  readonly fold_version: number;
  readonly body: string;
}

/** Snapshots in `scheduler_snapshots`. The pool stays its opener's. */
export class PgSnapshotStore implements SnapshotStore {
  private readonly pool: Pool;

  constructor(pool: Pool) {
    this.pool = pool;
  }

  async load(shard: number): Promise<StoredSnapshot | undefined> {
    const [row] = await this.query<Row>(
      'select incarnation, fold_version, body from scheduler_snapshots where shard = $1',
      [shard],
    );
    if (row === undefined) return undefined;
    const { incarnation, fold_version: foldVersion, body } = row;
    return { incarnation, foldVersion, snapshot: JSON.parse(body) };
  }

  async save(shard: number, stored: StoredSnapshot): Promise<void> {
    const { incarnation, foldVersion, snapshot } = stored;
    await this.query(
      `insert into scheduler_snapshots (shard, incarnation, fold_version, position, body)
       values ($1, $2, $3, $4, $5)
       on conflict (shard) do update set incarnation = excluded.incarnation,
         fold_version = excluded.fold_version, position = excluded.position, body = excluded.body`,
      [shard, incarnation, foldVersion, snapshot.position, JSON.stringify(snapshot)],
    );
  }

  private async query<Result>(text: string, values: unknown[]): Promise<readonly Result[]> {
    try {
      return (await this.pool.query(text, values)).rows;
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Fault('postgres.unreachable', 'backoff', `Postgres does not answer: ${message}`, {
        cause,
      });
    }
  }
}
