import { findEventNumber } from '#libs/events';
import { Fault } from '#libs/kernel';
import { type Pool, queryRows } from '#libs/postgres';

/** What is known of an event before its data is read. */
export interface StoredVersion {
  readonly position: number;
  /** The number of its type. */
  readonly type: number;
  readonly schemaVersion: number;
}

/** How many of the newest events a start looks at: some milliseconds. Older ones are found when they are read. */
const lookedAtMax = 10_000;

/**
 * Why this process cannot read an event: a newer version of the server wrote it. Trying again cannot help, and a process that
 * leaves the event out would show, and decide, something wrong.
 *
 * @returns undefined if it can
 */
export function newerEvent(stored: StoredVersion): Fault | undefined {
  const { position, type, schemaVersion } = stored;
  const known = findEventNumber(type)?.definition;
  if (known !== undefined && schemaVersion <= known.schemaVersion) return undefined;
  const what =
    known === undefined
      ? `event ${position} has type number ${type}, which this server does not know`
      : `event ${position} of type ${known.type} has version ${schemaVersion}, this server knows ${known.schemaVersion}`;
  const detail = `this server is older than its log: ${what}; start the newer version`;
  return new Fault('log.newer', 'never', detail);
}

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
     from (select type, schema_version, position from events order by position desc limit $1) e
     group by type, schema_version`,
    [lookedAtMax],
  );
  for (const stored of newest) {
    const fault = newerEvent(stored);
    if (fault !== undefined) throw fault;
  }
}
