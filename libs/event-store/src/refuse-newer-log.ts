import { type Pool, queryRows } from '#libs/postgres';
import { newerEvent, type StoredVersion } from './newer-event.ts';
import { logId } from './recorded-event.ts';

/** How many of the newest events a start looks at: some milliseconds. Older ones are found when they are read. */
const lookedAtMax = 10_000;

/**
 * Looks once whether a newer version of the server wrote the newest events, before anything is accepted that could not be
 * worked on.
 *
 * @throws Fault `log.newer`; `postgres.unreachable` (retry: backoff)
 */
export async function refuseNewerLog(pool: Pool): Promise<void> {
  const newest = await queryRows<StoredVersion>(
    pool,
    `select type, schema_version as "schemaVersion", max(position) as position
     from (select type, schema_version, position from events
       where log_id = ${logId} order by position desc limit $1) e
     group by type, schema_version`,
    [lookedAtMax],
  );
  for (const stored of newest) {
    const fault = newerEvent(stored);
    if (fault !== undefined) throw fault;
  }
}
