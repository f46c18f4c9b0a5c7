import { type Pool, type PoolClient, queryRows } from '#libs/postgres';
import type { Projection } from './projection.ts';

export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly incarnation: string;
}

/** Somebody else moved the checkpoints: the rows hold more than we know of, read where they stand. */
export class CheckpointMoved extends Error {
  override readonly name = 'CheckpointMoved';
}

export async function readCheckpoints(pool: Pool): Promise<ReadonlyMap<string, Checkpoint>> {
  const rows = await queryRows<Checkpoint>(
    pool,
    'select name, version, position, incarnation from projection_checkpoints',
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/**
 * Moves checkpoints, in the transaction that writes the rows. Compared and set in one: rows are never written twice, be it
 * after a commit whose answer was lost, or beside another process that writes the same tables.
 *
 * @throws CheckpointMoved where they no longer stand at `from`; the transaction must be given up then
 */
export async function moveCheckpoints(
  client: PoolClient,
  projections: readonly Projection[],
  move: { readonly from: number; readonly to: number; readonly incarnation: string },
): Promise<void> {
  const { rowCount } = await client.query({
    name: 'move_checkpoints',
    text: `update projection_checkpoints c set position = $4
     from unnest($1::text[], $2::int[]) as p(name, version)
     where c.name = p.name and c.version = p.version and c.position = $3 and c.incarnation = $5`,
    values: [
      projections.map(({ name }) => name),
      projections.map(({ version }) => version),
      move.from,
      move.to,
      move.incarnation,
    ],
  });
  if (rowCount !== projections.length) {
    throw new CheckpointMoved(`the checkpoints are no longer at ${move.from}`);
  }
}

/** Sets the checkpoint of a read model that was built anew, in the transaction that swaps its tables. */
export async function putCheckpoint(client: PoolClient, checkpoint: Checkpoint): Promise<void> {
  await client.query(
    `insert into projection_checkpoints (name, version, position, incarnation) values ($1, $2, $3, $4)
     on conflict (name) do update set version = excluded.version, position = excluded.position, incarnation = excluded.incarnation`,
    [checkpoint.name, checkpoint.version, checkpoint.position, checkpoint.incarnation],
  );
}
