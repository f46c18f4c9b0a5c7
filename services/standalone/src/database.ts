import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '#libs/config';
import { foreseeDatabase, noteDatabase } from '#libs/data-dir';
import {
  applicationRole,
  canActAs,
  type EmbeddedPostgres,
  foreignPostgres,
  migrate,
  openPool,
  type Pool,
  type PoolConfig,
  startEmbeddedPostgres,
} from '#libs/postgres';
import type { Logger } from '#libs/telemetry';

/** A migration may write a large table anew, or wait for another process that does. */
const migrateWithinMs = 10 * 60_000;
/** A heartbeat reads the log: two that freeze one after the other must fit before an executor gives up (14 s). */
const appendWithinMs = 5_000;
/** A lease that is renewed later than its term (3 s) is lost anyway. */
const leaseWithinMs = 2_000;

const migrationsDir = fileURLToPath(new URL('../../../../migrations', import.meta.url));

export interface Database {
  /** For requests and loops. */
  readonly pool: Pool;
  /** For the log alone: a full pool of readers never delays an append. */
  readonly appendPool: Pool;
  /** For leases and heartbeats alone, which are worth nothing late. */
  readonly leasePool: Pool;
  /** Where it can be reached on this machine: directories that no step may see. */
  readonly socketDirectories: readonly string[];
  close(): Promise<void>;
  /** Instead of `close` where the data directory is gone: writes nothing. */
  abandon(): Promise<void>;
}

/**
 * The database of a server: the one that `--db` names, else the embedded one, brought to the newest migration.
 *
 * @param dataDir  locked by this process: it says which database it was used with
 * @throws Fault `postgres.*`, `data-dir.in-use`; `data-dir.no-database` where the one that it was used with is gone or not named
 */
export async function openDatabase(
  config: Config,
  dataDir: string,
  logger: Logger,
): Promise<Database> {
  const change = foreseeDatabase(dataDir, config.db);
  if (change !== undefined) logger.warn({}, change);
  const embedded = config.db === undefined ? await startEmbedded(dataDir, logger) : undefined;
  const close: (() => Promise<void>)[] = embedded ? [() => embedded.stop()] : [];
  try {
    const connect = embedded
      ? (role?: string) => embedded.poolConfig(role)
      : connectTo(config.db ?? '');
    const owner = openPool(connect(), {
      max: 1,
      applicationName: 'millrace-migrate',
      answerWithinMs: migrateWithinMs,
    });
    let role: string | undefined;
    try {
      const { applied } = await migrate(owner, { dir: migrationsDir });
      if (applied.length > 0) logger.info({ applied }, 'migrations applied');
      role = (await canActAs(owner, applicationRole)) ? applicationRole : undefined;
      if (role === undefined)
        logger.warn(
          {},
          'the application works as the owner of the log: only its triggers guard it',
        );
    } finally {
      await owner.end();
    }
    const onIdleError = (error: Error) =>
      logger.warn({ error: error.message }, 'an idle connection broke');
    noteDatabase(dataDir, config.db);
    const pool = openPool(connect(role), { max: 8, applicationName: 'millrace', onIdleError });
    const appendPool = openPool(connect(role), {
      max: 2,
      applicationName: 'millrace-append',
      answerWithinMs: appendWithinMs,
      onIdleError,
    });
    const leasePool = openPool(connect(role), {
      max: 2,
      applicationName: 'millrace-leases',
      answerWithinMs: leaseWithinMs,
      onIdleError,
    });
    close.unshift(
      () => pool.end(),
      () => appendPool.end(),
      () => leasePool.end(),
    );
    const socketDirectories = embedded?.socketDirectories ?? [];
    return {
      pool,
      appendPool,
      leasePool,
      socketDirectories,
      close: () => closeAll(close),
      abandon: async () => embedded?.abandon(),
    };
  } catch (error) {
    await closeAll(close);
    throw error;
  }
}

function startEmbedded(dataDir: string, logger: Logger): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    dataDir,
    logFile: join(dataDir, 'logs', 'postgres.log'),
    onCrash: (change) => logger.error({ change }, 'Postgres crashed'),
  });
}

function connectTo(url: string): (role?: string) => PoolConfig {
  const foreign = foreignPostgres(url);
  return (role) => foreign.poolConfig(role);
}

async function closeAll(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}
