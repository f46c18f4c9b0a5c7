import type { Pool, PoolClient } from './pool.ts';

/** Runs the work in one transaction; rolls back where it throws. */
export async function inTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect();
  let isBroken: Error | undefined;
  try {
    // Durable like the log: a projector that goes on from memory after a crash of the database must not stand ahead of its rows.
    await client.query('begin');
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
