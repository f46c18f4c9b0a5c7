import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type pg from 'pg';
import { lockDataDir } from '#libs/data-dir';
import { Access } from './access.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { connectTo } from './connect-to.ts';
import { chooseLauncher, type LaunchMode } from './launcher.ts';
import { recordFileOf } from './server-record.ts';
import { ownerRole } from './settings.ts';
import { socketPlaces } from './socket-dir.ts';
import { SupervisedServer } from './supervised-server.ts';

export interface EmbeddedPostgresOptions {
  /** The data directory. The cluster and its records are in its folder `pg`. */
  readonly dataDir: string;
  /** Default: DATA_DIR/logs/postgres.log. A start renames it to `<name>.1` if it is larger than 8 MiB. */
  readonly logFile?: string;
  /** Additional settings of the server, for example for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: the first way that works on this machine. */
  readonly launchMode?: LaunchMode;
  /** Called when the server has crashed, and when it is running again. Must not throw. */
  readonly onCrash?: (change: 'died' | 'restarted') => void;
}

export interface EmbeddedPostgres {
  /** How to connect as a role; default: the owner, a superuser. Valid until `stop`, across crashes. */
  poolConfig(role?: string): pg.PoolConfig;
  /** The pid of the running server; changes with a restart. */
  readonly pid: number;
  /** Directories with the sockets of this server and of this user's others. Steps must not see them. */
  readonly socketDirectories: readonly string[];
  /** True if a server that a killed process had left was taken over. */
  readonly isAdopted: boolean;
  /** Ends the server, if necessary by force, and releases the data directory. Close the pools before. Idempotent. */
  stop(): Promise<void>;
  /** Called instead of `stop` if the data directory is gone: ends the server at once, and writes nothing to that place. */
  abandon(): Promise<void>;
}

/**
 * Runs the Postgres that npm installed over DATA_DIR/pg, makes the cluster if there is none, and keeps the server
 * running until `stop`: after a crash it is started again on the same socket, and pools find it there.
 *
 * A server that a killed process has left is taken over if it has the same settings; else it is stopped first.
 *
 * @throws Fault `data-dir.in-use`, `data-dir.not-writable`, `postgres.start-failed`
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const home = join(resolve(options.dataDir), 'pg');
  const logFile = options.logFile ?? join(resolve(options.dataDir), 'logs', 'postgres.log');
  const lock = lockDataDir(home);
  try {
    mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
    const launcher = chooseLauncher(home, findBinaries(join(home, 'lib')), options.launchMode);
    const clusterDir = await ensureCluster(launcher);
    const access = new Access(join(home, 'password'), clusterDir);
    const server = new SupervisedServer({
      launcher,
      clusterDir,
      logFile,
      recordFile: recordFileOf(options.dataDir),
      access,
      settings: options.settings ?? {},
      onCrash: options.onCrash ?? (() => {}),
    });
    await server.start();
    return {
      poolConfig: (role = ownerRole) => connectTo(server.socketDir, role, access.password),
      get pid() {
        return server.pid;
      },
      isAdopted: server.isAdopted,
      // The socket of a server that was taken over may be elsewhere.
      socketDirectories: [server.socketDir, ...socketPlaces()],
      stop: async () => {
        await server.stop();
        lock.release();
      },
      abandon: () => server.abandon(),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
