import { commandLifetimeMs } from '#libs/event-store';
import type { PoolClient } from '#libs/postgres';

/** Rows of one statement: it is done well within the time that a statement has. */
const rowsMax = 10_000;

/** Each forgets at most $1 rows and answers how many as `count`. */
export const forgetStatements = {
  /** Each command id says itself until when it is kept. */
  commands: 'select forget_commands_v1($1) as count',
  /** Idempotency keys live as long as commands: until then a repeat is known. */
  requests: `with gone as (
    delete from request_fingerprints where command_id in (
      select command_id from request_fingerprints
      where used_at < clock_timestamp() - interval '${commandLifetimeMs} ms' order by used_at limit $1)
    returning 1)
  select count(*) from gone`,
} as const;

/** @returns whether there may be more to forget */
export async function forgetRows(
  client: Pick<PoolClient, 'query'>,
  statement: string,
): Promise<boolean> {
  const { rows } = await client.query<{ count: number | string }>(statement, [rowsMax]);
  return Number(rows[0]?.count ?? 0) === rowsMax;
}
