import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson, sha256Hex } from '#libs/kernel';
import type { Access } from './access.ts';
import { answers, connectTo } from './connect-to.ts';
import type { Launcher } from './launcher.ts';
import {
  findOrphan,
  type Postmaster,
  readPostmasterFile,
  startPostmaster,
  stopPostmaster,
  trySignal,
} from './postmaster.ts';
import { clusterIdentity, readRecord, type ServerRecord, writeRecord } from './server-record.ts';
import { ownerRole, serverArguments } from './settings.ts';
import { keepSocketDir, makeSocketDir, removeSocketDir } from './socket-dir.ts';

const logBytesMax = 8 * 1024 * 1024;
const restartDelayMaxMs = 5_000;

export interface ServerPlace {
  readonly launcher: Launcher;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly recordFile: string;
  readonly access: Access;
  readonly settings: Readonly<Record<string, string>>;
  readonly onCrash: (change: 'died' | 'restarted') => void;
}

/** The server of one cluster, from its start or adoption to its stop. */
export class SupervisedServer {
  socketDir = '';
  isAdopted = false;
  readonly #place: ServerPlace;
  readonly #stopping = new AbortController();
  #postmaster: Postmaster | undefined;
  #supervision: Promise<void> = Promise.resolve();

  constructor(place: ServerPlace) {
    this.#place = place;
  }

  get pid(): number {
    return this.#postmaster?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { clusterDir, logFile, recordFile } = this.#place;
    const found = readRecord(recordFile);
    const record = found?.cluster === clusterIdentity(clusterDir) ? found : undefined;
    const orphan = findOrphan(clusterDir, record);
    if (orphan !== undefined) {
      if (await this.#canAdopt(orphan, record)) this.#postmaster = orphan;
      else await stopPostmaster(orphan);
    }
    this.isAdopted = this.#postmaster !== undefined;
    if (this.isAdopted) {
      this.socketDir = record?.socketDir ?? '';
      // Its last owner may have been killed after it wrote the access rules and before the server read them.
      trySignal(this.pid, 'SIGHUP');
    } else {
      if (record !== undefined) removeSocketDir(record.socketDir);
      setAsideLargeLog(logFile);
      this.socketDir = makeSocketDir(this.#place.launcher);
      await this.#launchPatiently();
    }
    this.#supervision = this.#supervise();
    try {
      await this.#place.access.close(this.socketDir);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#end('fast');
    rmSync(this.#place.recordFile, { force: true });
    removeSocketDir(this.socketDir);
  }

  /** Ends the server of a cluster that is gone, and leaves a new one in its place alone. */
  async abandon(): Promise<void> {
    await this.#end('at-once');
    removeSocketDir(this.socketDir);
  }

  async #end(how: 'fast' | 'at-once'): Promise<void> {
    this.#stopping.abort();
    if (this.#postmaster !== undefined) await stopPostmaster(this.#postmaster, how);
    await this.#supervision;
  }

  async #canAdopt(orphan: Postmaster, record: ServerRecord | undefined): Promise<boolean> {
    if (record === undefined || record.pid !== orphan.pid) return false;
    if (record.digest !== this.#digest(record.socketDir)) return false;
    return await answers(connectTo(record.socketDir, ownerRole, this.#place.access.password));
  }

  /** Starts the server, with retries: processes of a killed server hold its shared memory for a moment, and a start fails meanwhile. */
  async #launchPatiently(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#launch();
      } catch (error) {
        if (attempt < 4) await delay(100 * 2 ** attempt);
        else {
          removeSocketDir(this.socketDir);
          throw error;
        }
      }
    }
  }

  async #launch(): Promise<void> {
    const { launcher, clusterDir, logFile, recordFile } = this.#place;
    await clearTheWay(clusterDir);
    keepSocketDir(launcher, this.socketDir);
    const postmaster = await startPostmaster(launcher, clusterDir, {
      args: this.#arguments(this.socketDir),
      logFile,
    });
    writeRecord(recordFile, {
      pid: postmaster.pid,
      identity: postmaster.identity,
      socketDir: this.socketDir,
      digest: this.#digest(this.socketDir),
      cluster: clusterIdentity(clusterDir),
    });
    this.#postmaster = postmaster;
  }

  async #supervise(): Promise<void> {
    const { signal } = this.#stopping;
    while (this.#postmaster !== undefined) {
      await this.#postmaster.exited;
      this.#postmaster = undefined;
      if (signal.aborted) return;
      this.#place.onCrash('died');
      await this.#restart(signal);
      if (this.#postmaster !== undefined) this.#place.onCrash('restarted');
    }
  }

  async #restart(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const waitMs = Math.min(restartDelayMaxMs, 50 * 2 ** Math.min(failures, 10));
      await delay(waitMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      // The server's log has the reason; the next try may succeed.
      await this.#launch().catch(() => {});
      if (this.#postmaster === undefined) continue;
      // `stop` may have been called while it started.
      if (signal.aborted) await stopPostmaster(this.#postmaster);
      return;
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

/**
 * Removes what would prevent a start. A server of the cluster that was not recorded, because its owner was killed right after
 * the spawn, is stopped. A pid file whose pid belongs to an unrelated process would make the server refuse to start: this
 * process holds the lock, so the file is stale. The file of a dead process stays, because the server reads more from it.
 */
async function clearTheWay(clusterDir: string): Promise<void> {
  const file = readPostmasterFile(clusterDir);
  if (file === undefined) return;
  const orphan = findOrphan(clusterDir, undefined);
  if (orphan !== undefined) await stopPostmaster(orphan);
  else if (isRunning(file.pid)) rmSync(join(clusterDir, 'postmaster.pid'), { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function setAsideLargeLog(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > logBytesMax) {
    renameSync(logFile, `${logFile}.1`);
  }
}
