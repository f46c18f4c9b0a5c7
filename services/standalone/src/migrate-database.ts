import { fileURLToPath } from 'node:url';
import { applicationRole, canActAs, migrate, openPool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import type { Connect } from './pools.ts';

/** A migration may write a large table anew, or wait for another process that does. */
const migrateWithinMs = 10 * 60_000;

const migrationsDir = fileURLToPath(new URL('../../../../migrations', import.meta.url));

/**
 * Brings the database to the newest migration, as its owner.
 *
 * @returns the role that the application connects as, which may not write events past the append function; undefined if the
 *   owner may not act as it
 */
export async function migrateDatabase(
  connect: Connect,
  logger: Logger,
): Promise<string | undefined> {
  const owner = openPool(connect(), {
    max: 1,
    applicationName: 'millrace-migrate',
    answerWithinMs: migrateWithinMs,
  });
  try {
    const { applied, unknown } = await migrate(owner, { dir: migrationsDir });
    if (applied.length > 0) logger.info({ applied }, 'migrations applied');
    // Two versions may work side by side, so this one goes on; an event that it cannot read ends it.
    if (unknown.length > 0)
      logger.warn({ unknown }, 'a newer version of the server migrated this database');
    if (await canActAs(owner, applicationRole)) return applicationRole;
    logger.warn({}, 'the application connects as the owner of the log: only its triggers guard it');
    return undefined;
  } finally {
    await owner.end();
  }
}
