import type { Pool, PoolClient } from '#libs/postgres';

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
