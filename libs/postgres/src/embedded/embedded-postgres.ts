import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { canonicalJson, Fault, sha256Hex } from '#libs/kernel';
import { lockDataDir } from '../lock-data-dir.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster } from './cluster.ts';
import { chooseLauncher, type Launcher, type LaunchMode } from './launcher.ts';
import {
  findOrphan,
  type Postmaster,
  readPostmasterFile,
  startPostmaster,
  stopPostmaster,
} from './postmaster.ts';
import { databaseName, ownerRole, serverArguments, socketPort } from './settings.ts';

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
  /** True where a server left by a killed process was taken over. */
  readonly isAdopted: boolean;
  /** Close the pools first. Ends the server, at the latest by force, and lets others use the data directory. Idempotent. */
  stop(): Promise<void>;
}

/** What the next start must know of a server that may outlive us. */
interface ServerRecord {
  readonly pid: number;
  readonly identity: string;
  readonly socketDir: string;
  /** Over programs and arguments: a server with other settings is not adopted. */
  readonly digest: string;
}

const logBytesMax = 8 * 1024 * 1024;
/** 107 bytes are allowed; the server puts `/.s.PGSQL.5432.lock` behind it. */
const socketDirBytesMax = 107 - '/.s.PGSQL.5432.lock'.length;
const restartDelayMaxMs = 5_000;

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
    const server = new SupervisedServer({
      launcher,
      clusterDir,
      logFile,
      recordFile: join(home, 'server.json'),
      settings: options.settings ?? {},
      onCrash: options.onCrash ?? (() => {}),
    });
    await server.start();
    return {
      poolConfig: (role = ownerRole) => connectTo(server.socketDir, role),
      get pid() {
        return server.pid;
      },
      isAdopted: server.isAdopted,
      stop: async () => {
        await server.stop();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Place {
  readonly launcher: Launcher;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly recordFile: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly onCrash: (change: 'died' | 'restarted') => void;
}

class SupervisedServer {
  socketDir = '';
  isAdopted = false;
  readonly #place: Place;
  readonly #stopping = new AbortController();
  #postmaster: Postmaster | undefined;
  #supervision: Promise<void> = Promise.resolve();

  constructor(place: Place) {
    this.#place = place;
  }

  get pid(): number {
    return this.#postmaster?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { clusterDir, logFile, recordFile } = this.#place;
    const record = readRecord(recordFile);
    const orphan = findOrphan(clusterDir, record);
    if (orphan !== undefined) {
      if (await this.#canAdopt(orphan, record)) this.#postmaster = orphan;
      else await stopPostmaster(orphan);
    }
    this.isAdopted = this.#postmaster !== undefined;
    if (this.isAdopted) {
      this.socketDir = record?.socketDir ?? '';
    } else {
      if (record !== undefined) rmSync(record.socketDir, { recursive: true, force: true });
      setAsideLargeLog(logFile);
      this.socketDir = makeSocketDir(this.#place.launcher);
      await this.#launchPatiently();
    }
    this.#supervision = this.#supervise();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#postmaster !== undefined) await stopPostmaster(this.#postmaster);
    await this.#supervision;
    rmSync(this.#place.recordFile, { force: true });
    rmSync(this.socketDir, { recursive: true, force: true });
  }

  async #canAdopt(orphan: Postmaster, record: ServerRecord | undefined): Promise<boolean> {
    if (record === undefined || record.pid !== orphan.pid) return false;
    if (record.digest !== this.#digest(record.socketDir)) return false;
    return await answers(connectTo(record.socketDir, ownerRole));
  }

  /** Processes of a server that was killed hold its shared memory for a moment, and a start meanwhile fails. */
  async #launchPatiently(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#launch();
      } catch (error) {
        if (attempt === 4) throw error;
        await delay(100 * 2 ** attempt);
      }
    }
  }

  async #launch(): Promise<void> {
    const { launcher, clusterDir, logFile, recordFile } = this.#place;
    clearForeignPid(clusterDir);
    const postmaster = await startPostmaster(launcher, clusterDir, {
      args: this.#arguments(this.socketDir),
      logFile,
    });
    const record: ServerRecord = {
      pid: postmaster.pid,
      identity: postmaster.identity,
      socketDir: this.socketDir,
      digest: this.#digest(this.socketDir),
    };
    writeFileSync(`${recordFile}.draft`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${recordFile}.draft`, recordFile);
    this.#postmaster = postmaster;
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; ; ) {
      await this.#postmaster?.exited;
      if (signal.aborted) return;
      this.#place.onCrash('died');
      this.#postmaster = undefined;
      while (this.#postmaster === undefined && !signal.aborted) {
        const waitMs = Math.min(restartDelayMaxMs, 50 * 2 ** Math.min(failures, 10));
        await delay(waitMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        await this.#launch().then(
          () => {
            failures = 0;
          },
          () => {
            failures += 1;
          },
        );
      }
      this.#place.onCrash('restarted');
    }
  }

  #arguments(socketDir: string): readonly string[] {
    return serverArguments(this.#place.clusterDir, socketDir, this.#place.settings);
  }

  #digest(socketDir: string): string {
    const { binaries } = this.#place.launcher;
    return sha256Hex(canonicalJson([binaries.root, this.#arguments(socketDir)]));
  }
}

function connectTo(socketDir: string, role: string): pg.PoolConfig {
  return { host: socketDir, port: socketPort, user: role, database: databaseName };
}

/** A fresh folder that only this user (and the server's own, where it has one) can enter. */
function makeSocketDir(launcher: Launcher): string {
  const name = 'millrace-';
  const fits = (dir: string) =>
    Buffer.byteLength(join(dir, name)) + 'XXXXXX'.length <= socketDirBytesMax;
  const parent = [tmpdir(), '/tmp'].find((dir) => fits(dir) && existsSync(dir));
  if (parent === undefined) {
    throw new Fault('postgres.start-failed', 'never', `${tmpdir()} is too long for a socket`);
  }
  const dir = mkdtempSync(join(parent, name));
  if (launcher.user !== undefined) chownSync(dir, launcher.user.uid, launcher.user.gid);
  return dir;
}

/**
 * A pid file whose number now belongs to a stranger would make the server refuse to start. We hold the lock and the
 * process is not ours, so the file is stale. The file of a dead process stays: the server reads more from it.
 */
function clearForeignPid(clusterDir: string): void {
  const file = readPostmasterFile(clusterDir);
  if (file === undefined) return;
  const isAlive = isRunning(file.pid);
  if (isAlive && findOrphan(clusterDir, undefined) === undefined) {
    rmSync(join(clusterDir, 'postmaster.pid'), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers(config: pg.PoolConfig): Promise<boolean> {
  const client = new pg.Client({ ...config, connectionTimeoutMillis: 5_000, query_timeout: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

function readRecord(path: string): ServerRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ServerRecord;
  } catch {
    return undefined;
  }
}

function setAsideLargeLog(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > logBytesMax) {
    renameSync(logFile, `${logFile}.1`);
  }
}
