import { type Pool, queryRows } from '#libs/postgres';

/** Rows of one statement: it is done well within the time that a statement has. */
const rowsMax = 10_000;

/** Forgets command ids; each says itself until when it is kept. */
export function forgetOldCommands(pool: Pool): Promise<void> {
  return forget(pool, 'select forget_commands_v1($1) as count');
}

/** Forgets idempotency keys that are older than a day: until then a repeat is known (`libs/application-adapters/src/pg-requests.ts`). */
export function forgetOldRequests(pool: Pool): Promise<void> {
  return forget(
    pool,
    `with gone as (
       delete from request_fingerprints where command_id in (
         select command_id from request_fingerprints
         where used_at < clock_timestamp() - interval '24 hours' order by used_at limit $1)
       returning 1)
     select count(*) from gone`,
  );
}

/** Runs a statement that forgets at most $1 rows until there are no more. */
async function forget(pool: Pool, text: string): Promise<void> {
  for (let count = rowsMax; count === rowsMax; ) {
    const [row] = await queryRows<{ count: number | string }>(pool, text, [rowsMax]);
    count = Number(row?.count ?? 0);
  }
}
