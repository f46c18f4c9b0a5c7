import type { Pool, PoolClient } from './pool.ts';

/** Runs the work in one transaction, which is rolled back if the work throws. */
export async function inTransaction<Value>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Value>,
): Promise<Value> {
  const client = await pool.connect();
  let isBroken: Error | undefined;
  try {
    // Durable like the log: after a crash of the database a projector that goes on from memory must not be ahead of its rows.
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
