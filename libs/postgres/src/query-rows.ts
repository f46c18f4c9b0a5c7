import { Fault } from '#libs/kernel';
import { isPassingError } from './passing-error.ts';
import type { Pool } from './pool.ts';

/**
 * One statement, by any connection of the pool.
 *
 * @throws Fault `postgres.unreachable` (retry: backoff) where trying again can help; else the error of `pg` itself
 */
export async function queryRows<Row>(
  pool: Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  try {
    return (await pool.query(text, [...values])).rows;
  } catch (cause) {
    if (!isPassingError(cause)) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('postgres.unreachable', 'backoff', `Postgres does not answer: ${message}`, {
      cause,
    });
  }
}
