import { createHash } from 'node:crypto';
import type { LogHead } from '#libs/event-store';
import type { PoolClient } from '#libs/postgres';
import { CheckpointMoved } from '#libs/subscriptions';
import { isUsable, lockCheckpoint, putCheckpoint, type TableCheckpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import { storedColumns } from './stored-columns.ts';
import { createStatements, draftName, draftTable, hasTables, liveTable } from './table-set.ts';

/**
 * Finds the drafts of this version of a read model, or makes empty ones. Inside the caller's transaction; processes that
 * build the same read model take turns.
 *
 * @returns where the drafts stand, or that the live tables are of this version already
 */
export async function openDrafts(
  client: PoolClient,
  projection: Projection,
  { head, isAnew }: { readonly head: LogHead; readonly isAnew: boolean },
): Promise<{ readonly isLive: boolean; readonly checkpoint: TableCheckpoint }> {
  const { name, version } = projection;
  await client.query(`select pg_advisory_xact_lock(hashtextextended('projection build', 0))`);
  const draft = await lockCheckpoint(client, 'projection_builds', name);
  const { rows } = await client.query<TableCheckpoint>(
    'select * from projection_checkpoints where name = $1',
    [name],
  );
  const [live] = rows;
  const names = projection.tables.map((table) => table.name);
  const stored = await storedColumns(client, [...names, ...names.map(draftName)]);
  const isOfVersion = (found: TableCheckpoint | undefined): found is TableCheckpoint =>
    !isAnew && found?.version === version && isUsable(found, head);
  const isShaped = draft?.shape === shapeOf(projection) && hasTables(projection, stored, draftName);
  if (isOfVersion(draft) && isShaped) return { isLive: false, checkpoint: draft };
  if (isOfVersion(live) && hasTables(projection, stored)) return { isLive: true, checkpoint: live };
  return { isLive: false, checkpoint: await makeDrafts(client, projection, head) };
}

async function makeDrafts(
  client: PoolClient,
  projection: Projection,
  { incarnation }: LogHead,
): Promise<TableCheckpoint> {
  const { name, version, tables } = projection;
  for (const table of tables) {
    await client.query(`drop table if exists ${draftTable(table.name)}`);
    for (const statement of createStatements(table, draftTable(table.name)))
      await client.query(statement);
  }
  await client.query(
    `insert into projection_builds (name, version, shape, position, incarnation) values ($1, $2, $3, 0, $4)
     on conflict (name) do update
       set version = excluded.version, shape = excluded.shape, position = 0, incarnation = excluded.incarnation`,
    [name, version, shapeOf(projection), incarnation],
  );
  return { name, version, position: 0, incarnation };
}

export interface Swap {
  /** Where the drafts stand. */
  readonly drafts: TableCheckpoint;
  /** The newest position of the log. Live tables beyond it are of no use. */
  readonly head: number;
  /** The drafts are brought at least this far. */
  readonly target: number;
  /** Applies events to the drafts up to a position. */
  advance(to: number): Promise<void>;
}

/**
 * Puts the drafts in the place of the live tables, never behind them. Inside the caller's transaction: whoever reads sees
 * the one or the other.
 *
 * @returns the position of the new live tables
 * @throws CheckpointMoved if another process moved or swapped the drafts
 */
export async function swapDrafts(
  client: PoolClient,
  { name, version, tables }: Projection,
  { drafts, head, target, advance }: Swap,
): Promise<number> {
  const live = await lockCheckpoint(client, 'projection_checkpoints', name);
  const found = await lockCheckpoint(client, 'projection_builds', name);
  const { incarnation } = drafts;
  if (
    found?.version !== version ||
    found.incarnation !== incarnation ||
    found.position !== drafts.position
  )
    throw new CheckpointMoved(`the drafts of ${name} are no longer at ${drafts.position}`);
  const livePosition = isUsable(live, { incarnation, position: head }) ? live.position : 0;
  const position = Math.max(drafts.position, livePosition, target);
  await advance(position);
  for (const table of tables) {
    await client.query(`drop table if exists ${liveTable(table.name)}`);
    await client.query(`alter table ${draftTable(table.name)} rename to ${table.name}`);
  }
  await putCheckpoint(client, { name, version, position, incarnation });
  await client.query('delete from projection_builds where name = $1', [name]);
  return position;
}

/** Makes empty live tables: what a read model is at the beginning of a log. Inside the caller's transaction. */
export async function createEmpty(
  client: PoolClient,
  { name, version, tables }: Projection,
  incarnation: string,
): Promise<void> {
  for (const table of tables) {
    await client.query(`drop table if exists ${liveTable(table.name)}`);
    for (const statement of createStatements(table, liveTable(table.name)))
      await client.query(statement);
  }
  await putCheckpoint(client, { name, version, position: 0, incarnation });
}

function shapeOf({ tables }: Projection): string {
  const statements = tables.flatMap((table) => createStatements(table, draftTable(table.name)));
  return createHash('sha256').update(statements.join(';')).digest('hex');
}
