import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FirstProcess } from './marker.ts';
import { bootId } from './process-table.ts';

const recordName = 'first-process';
/** A record is overwritten in place and always has this length, so that a shorter one leaves nothing of a longer one. */
const recordLength = 100;
const usedMax = 64;

/** A sandbox of the executor that wrote this record. */
export interface JournalEntry {
  readonly name: string;
  /** Undefined if it was only about to start, or if the machine was rebooted since. */
  readonly first: FirstProcess | undefined;
}

/**
 * What this executor runs, on disk: a directory per sandbox, made before anything of it exists and removed after
 * the last of it is gone. The file `first-process` holds `PID START_TICKS BOOT_ID`, written before the step's
 * command runs if the driver can hold it back, else right after it was started. The guard reads it too.
 *
 * Directories go round: some file systems (ext4 without its journal) take 0.5 ms for a new inode when many came and
 * went within the last seconds, and this happens on the executor's main thread.
 */
export class Journal {
  readonly dir: string;
  readonly #bootId = bootId();
  readonly #usedDir: string;
  /** Directories of former sandboxes, with a blank record, for reuse. */
  readonly #used: string[] = [];
  #usedCount = 0;

  constructor(stateDir: string) {
    this.dir = join(stateDir, 'sandboxes');
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
    this.#usedDir = join(stateDir, 'used');
    rmSync(this.#usedDir, { recursive: true, force: true });
    mkdirSync(this.#usedDir, { mode: 0o700 });
  }

  /** @returns the sandbox's own directory, with nothing in it but at most a blank record */
  begin(name: string): string {
    const dir = this.directoryOf(name);
    const used = this.#used.pop();
    if (used === undefined || !hasRenamed(used, dir)) mkdirSync(dir, { mode: 0o700 });
    return dir;
  }

  has(name: string): boolean {
    return existsSync(this.directoryOf(name));
  }

  directoryOf(name: string): string {
    return join(this.dir, name);
  }

  recordFirstProcess(name: string, first: FirstProcess): void {
    writeRecord(this.directoryOf(name), `${first.pid} ${first.startTicks} ${this.#bootId}`);
  }

  end(name: string): void {
    const dir = this.directoryOf(name);
    if (!this.#keep(dir)) rmSync(dir, { recursive: true, force: true });
  }

  entries(): JournalEntry[] {
    return readdirSync(this.dir).map((name) => ({ name, first: this.#readFirstProcess(name) }));
  }

  /** Keeps the directory for a later sandbox if it holds the record and nothing else. */
  #keep(dir: string): boolean {
    if (this.#used.length >= usedMax) return false;
    const used = join(this.#usedDir, String(this.#usedCount++));
    try {
      if (readdirSync(dir).join() !== recordName) return false;
      writeRecord(dir, '');
      renameSync(dir, used);
    } catch {
      return false;
    }
    this.#used.push(used);
    return true;
  }

  #readFirstProcess(name: string): FirstProcess | undefined {
    const path = join(this.directoryOf(name), recordName);
    if (!existsSync(path)) return undefined;
    const [pid, startTicks, boot] = readFileSync(path, 'utf8').trim().split(' ');
    if (boot !== this.#bootId || startTicks === undefined || !/^[1-9]\d*$/.test(pid ?? '')) {
      return undefined;
    }
    return { pid: Number(pid), startTicks };
  }
}

/** False if it went away or the new name is taken, which making the directory will tell. */
function hasRenamed(from: string, to: string): boolean {
  try {
    if (existsSync(to)) return false;
    renameSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function writeRecord(dir: string, record: string): void {
  const text = `${record.padEnd(recordLength)}\n`;
  const path = join(dir, recordName);
  // Not by truncation: some file systems then write to the disk at once.
  writeFileSync(path, text, { flag: existsSync(path) ? 'r+' : 'w' });
}
