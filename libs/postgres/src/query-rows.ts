import type { Pool } from './pool.ts';
import { postgresFault } from './postgres-errors.ts';

/**
 * One statement, by any connection of the pool.
 *
 * @throws Fault `postgres.unreachable` (retry: backoff) if trying again can help; else the error of `pg` itself
 */
export async function queryRows<Row>(
  pool: Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  try {
    return (await pool.query(text, [...values])).rows;
  } catch (error) {
    throw postgresFault(error);
  }
}
