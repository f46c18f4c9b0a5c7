import type { LogHead } from '#libs/event-store';
import { type Pool, type PoolClient, queryRows } from '#libs/postgres';
import { type Checkpoint, CheckpointMoved } from '#libs/subscriptions';

/** Where one copy of a read model's tables stands. */
export interface TableCheckpoint extends Checkpoint {
  readonly name: string;
  readonly version: number;
}

/** Live tables have theirs in `projection_checkpoints`, drafts in `projection_builds`. */
export type CheckpointTable = 'projection_checkpoints' | 'projection_builds';

export async function readCheckpoints(pool: Pool): Promise<ReadonlyMap<string, TableCheckpoint>> {
  const rows = await queryRows<TableCheckpoint>(
    pool,
    'select name, version, position, incarnation from projection_checkpoints',
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** Whether the checkpoint is a place in this log. */
export function isUsable(
  checkpoint: TableCheckpoint | undefined,
  head: LogHead,
): checkpoint is TableCheckpoint {
  return (
    checkpoint?.incarnation === head.incarnation &&
    checkpoint.position >= 0 &&
    checkpoint.position <= head.position
  );
}

/**
 * Moves checkpoints, in the transaction that writes the rows. Compared and set in one: rows are never written twice, be it
 * after a commit whose answer was lost, or beside another process that writes the same tables.
 *
 * @throws CheckpointMoved if one is no longer where `from` says; the transaction must be given up then
 */
export async function moveCheckpoints(
  client: PoolClient,
  table: CheckpointTable,
  from: readonly TableCheckpoint[],
  to: number,
): Promise<void> {
  const { rowCount } = await client.query({
    name: `move_${table}`,
    text: `update ${table} c set position = $5
     from unnest($1::text[], $2::int[], $3::bigint[], $4::uuid[]) as f(name, version, position, incarnation)
     where c.name = f.name and c.version = f.version and c.position = f.position and c.incarnation = f.incarnation`,
    values: [
      from.map(({ name }) => name),
      from.map(({ version }) => version),
      from.map(({ position }) => position),
      from.map(({ incarnation }) => incarnation),
      to,
    ],
  });
  if (rowCount !== from.length) {
    const names = from.map(({ name, position }) => `${name} at ${position}`).join(', ');
    throw new CheckpointMoved(`a checkpoint was moved (${names})`);
  }
}

/** Inside a transaction: nobody else moves the checkpoint before its end. */
export async function lockCheckpoint(
  client: PoolClient,
  table: CheckpointTable,
  name: string,
): Promise<(TableCheckpoint & { readonly shape?: string }) | undefined> {
  const { rows } = await client.query<TableCheckpoint>(
    `select * from ${table} where name = $1 for update`,
    [name],
  );
  return rows[0];
}

/** Sets the checkpoint of tables that were just made, in the transaction that makes them live. */
export async function putCheckpoint(
  client: PoolClient,
  { name, version, position, incarnation }: TableCheckpoint,
): Promise<void> {
  await client.query(
    `insert into projection_checkpoints (name, version, position, incarnation) values ($1, $2, $3, $4)
     on conflict (name) do update set version = excluded.version, position = excluded.position, incarnation = excluded.incarnation`,
    [name, version, position, incarnation],
  );
}
