import { Fault } from '#libs/kernel';
import type { Pool } from '#libs/postgres';

/** @throws Fault `postgres.unreachable` (retry: backoff), whatever the reason: these rows are asked again in a second */
export async function query<Row>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  try {
    return (await pool.query(text, [...values])).rows;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Fault('postgres.unreachable', 'backoff', `Postgres does not answer: ${message}`, {
      cause,
    });
  }
}
