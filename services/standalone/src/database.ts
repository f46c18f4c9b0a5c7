import { join } from 'node:path';
import type { Config } from '#libs/config';
import { foreseeDatabase, noteDatabase } from '#libs/data-dir';
import { type EmbeddedPostgres, foreignPostgres, startEmbeddedPostgres } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { migrateDatabase } from './migrate-database.ts';
import { type Connect, openPools, type Pools } from './pools.ts';

export interface Database extends Pools {
  /** Where it can be reached on this machine: directories that no step may see. */
  readonly socketDirectories: readonly string[];
  /** Called instead of `close` if the data directory is gone: writes nothing. */
  abandon(): Promise<void>;
}

/**
 * The database of a server: the one that `--db` names, else the embedded one, brought to the newest migration.
 *
 * @param dataDir  locked by this process: it says which database it was used with
 * @throws Fault `postgres.*`, `data-dir.in-use`; `data-dir.no-database` if the one that it was used with is gone or not named
 */
export async function openDatabase(
  config: Config,
  dataDir: string,
  logger: Logger,
): Promise<Database> {
  const change = foreseeDatabase(dataDir, config.db);
  if (change !== undefined) logger.warn({}, change);
  const embedded = config.db === undefined ? await startEmbedded(dataDir, logger) : undefined;
  try {
    const connect = embedded ? embeddedConnect(embedded) : foreignConnect(config.db ?? '');
    const role = await migrateDatabase(connect, logger);
    noteDatabase(dataDir, config.db);
    const pools = openPools(connect(role), logger);
    return {
      ...pools,
      socketDirectories: embedded?.socketDirectories ?? [],
      close: async () => {
        await pools.close();
        await embedded?.stop();
      },
      abandon: async () => embedded?.abandon(),
    };
  } catch (error) {
    await embedded?.stop();
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

function embeddedConnect(embedded: EmbeddedPostgres): Connect {
  return (role) => embedded.poolConfig(role);
}

function foreignConnect(url: string): Connect {
  const foreign = foreignPostgres(url);
  return (role) => foreign.poolConfig(role);
}
