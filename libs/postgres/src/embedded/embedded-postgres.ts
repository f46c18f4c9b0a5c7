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
  /** The server's data directory; the cluster and its bookkeeping live in its folder `pg`. */
  readonly dataDir: string;
  /** Default: DATA_DIR/logs/postgres.log. Set aside as `<name>.1` at a start where it is larger than 8 MiB. */
  readonly logFile?: string;
  /** Settings beside ours, e.g. for tests. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: the first way that works here. */
  readonly launchMode?: LaunchMode;
  /** Told when the server died under us, and when it is back. Must not throw. */
  readonly onCrash?: (change: 'died' | 'restarted') => void;
}

export interface EmbeddedPostgres {
  /** How to connect as a role; default: the owner, a superuser. Valid until `stop`, across crashes. */
  poolConfig(role?: string): pg.PoolConfig;
  /** Of the running server; changes when it was restarted. */
  readonly pid: number;
  /** Directories where sockets lie, of this server and of others of this user: nobody who is kept from the database may see them. */
  readonly socketDirectories: readonly string[];
  /** True where a server left by a killed process was taken over. */
  readonly isAdopted: boolean;
  /** Close the pools first. Ends the server, at the latest by force, and lets others use the data directory. Idempotent. */
  stop(): Promise<void>;
  /** Instead of `stop` where the data directory is gone: ends the server at once and touches nothing in its place. */
  abandon(): Promise<void>;
}

/**
 * Runs the Postgres that npm installed over DATA_DIR/pg, makes the cluster if there is none, and keeps the server
 * running until `stop`: after a crash it is started again on the same socket, and pools find it there.
 *
 * A server that was left by a killed process is taken over where it has the same settings, else stopped first.
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
      // One that was taken over may lie elsewhere.
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
