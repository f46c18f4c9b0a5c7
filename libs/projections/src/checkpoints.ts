import type { Pool, PoolClient } from '#libs/postgres';
import type { Projection } from './projection.ts';

export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly position: number;
  readonly incarnation: string;
}

export async function readCheckpoints(pool: Pool): Promise<ReadonlyMap<string, Checkpoint>> {
  const { rows } = await pool.query<Checkpoint>(
    'select name, version, position, incarnation from projection_checkpoints',
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** Belongs into the transaction that writes the rows. */
export async function writeCheckpoints(
  client: PoolClient,
  projections: readonly Projection[],
  at: { readonly position: number; readonly incarnation: string },
): Promise<void> {
  await client.query(
    `insert into projection_checkpoints (name, version, position, incarnation)
     select name, version, $3, $4 from unnest($1::text[], $2::int[]) as p(name, version)
     on conflict (name) do update set version = excluded.version, position = excluded.position, incarnation = excluded.incarnation`,
    [
      projections.map(({ name }) => name),
      projections.map(({ version }) => version),
      at.position,
      at.incarnation,
    ],
  );
}

/** Runs the work in one transaction; rolls back where it throws. */
export async function inTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect();
  let isBroken: Error | undefined;
  try {
    // Rows and checkpoint are lost together when the machine loses power: they are built again from the log.
    await client.query('begin; set local synchronous_commit = off');
    const value = await work(client);
    await client.query('commit');
    return value;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      isBroken = failure;
    });
    throw error;
  } finally {
    client.release(isBroken);
  }
}
