import pg from 'pg';
import { databaseName, socketPort } from './settings.ts';

/** How to connect as a role to the server behind a socket. */
export function connectTo(socketDir: string, role: string, password: string): pg.PoolConfig {
  return { host: socketDir, port: socketPort, user: role, password, database: databaseName };
}

/** Whether a server answers queries. Takes 10 s at most. */
export async function answers(config: pg.PoolConfig): Promise<boolean> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
