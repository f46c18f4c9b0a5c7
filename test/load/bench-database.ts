import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openPool, type Pool, startEmbeddedPostgres } from '#libs/postgres';

/** A database of its own for one measurement, durable as in production; gone when the work is done. */
export async function withDatabase<Value>(work: (pool: Pool) => Promise<Value>): Promise<Value> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const server = await startEmbeddedPostgres({ dataDir });
  const owner = openPool(server.poolConfig(), { max: 1, applicationName: 'bench-owner' });
  const pool = openPool(server.poolConfig('millrace_app'), { max: 6, applicationName: 'bench' });
  try {
    await migrate(owner, { dir: join(import.meta.dirname, '..', '..', 'migrations') });
    return await work(pool);
  } finally {
    await pool.end();
    await owner.end();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
