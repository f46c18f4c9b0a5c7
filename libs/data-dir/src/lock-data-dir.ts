import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Fault, invariant } from '#libs/kernel';
import { processIdentity } from './process-identity.ts';

export interface DataDirLock {
  /**
   * Gives up the lock. Idempotent. The death of the process gives it up as well. A lock file of another process, in a
   * directory that has come to stand at the same path, is left as it is.
   */
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly identity: string;
}

const prefix = 'owner.lock.';

/**
 * Makes this process the only one that uses a directory, until `release` or its death.
 *
 * The holder is whoever the file with the highest number names, if that process still lives. A dead holder is
 * followed by the next number, which only one can create; numbers never go back, so nobody takes a lock by an
 * outdated look. The holder is known by pid and start, so a recycled pid holds nothing.
 *
 * @throws Fault `data-dir.in-use` with the holder's pid; `data-dir.not-writable`
 */
export function lockDataDir(dir: string): DataDirLock {
  const identity = processIdentity(process.pid);
  invariant(identity !== undefined, 'a running process has an identity');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const draft = join(dir, `.${prefix}${process.pid}.draft`);
    writeFileSync(draft, JSON.stringify({ pid: process.pid, identity }), { mode: 0o600 });
    try {
      return claim(dir, draft);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('data-dir.not-writable', 'never', `cannot write in ${dir}`, { cause: error });
  }
}

function claim(dir: string, draft: string): DataDirLock {
  for (;;) {
    const newest = lockNumbers(dir).at(-1) ?? 0;
    const holder = livingHolder(dir, newest);
    if (holder !== undefined) {
      throw new Fault('data-dir.in-use', 'never', `process ${holder.pid} uses ${dir}`);
    }
    const mine = join(dir, prefix + (newest + 1));
    try {
      linkSync(draft, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw error;
    }
    const numbers = lockNumbers(dir);
    // A number can be free because the owner of a later one cleaned up: then ours is not the highest.
    if (numbers.at(-1) !== newest + 1) {
      rmSync(mine, { force: true });
      continue;
    }
    for (const older of numbers.slice(0, -1)) rmSync(join(dir, prefix + older), { force: true });
    let isHeld = true;
    return {
      release: () => {
        if (isHeld && isHolder(readHolder(mine))) markReleased(mine);
        isHeld = false;
      },
    };
  }
}

function isHolder(holder: Holder | undefined): boolean {
  return holder?.pid === process.pid && holder.identity === processIdentity(process.pid);
}

/** The pid of the process that uses a directory, if one does at this moment; it may have gone when this returns. */
export function dataDirHolder(dir: string): number | undefined {
  if (!existsSync(dir)) return undefined;
  return livingHolder(dir, lockNumbers(dir).at(-1) ?? 0)?.pid;
}

function livingHolder(dir: string, number: number): Holder | undefined {
  const holder = number === 0 ? undefined : readHolder(join(dir, prefix + number));
  if (holder === undefined || processIdentity(holder.pid) !== holder.identity) return undefined;
  return holder;
}

/** The file stays, so that the numbers go on from it. */
function markReleased(path: string): void {
  const empty = `${path}.released`;
  try {
    writeFileSync(empty, '');
    renameSync(empty, path);
  } catch (error) {
    // The directory may be gone, and the lock with it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function lockNumbers(dir: string): readonly number[] {
  return readdirSync(dir)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((left, right) => left - right);
}

function readHolder(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof holder.pid === 'number' && typeof holder.identity === 'string'
      ? { pid: holder.pid, identity: holder.identity }
      : undefined;
  } catch {
    return undefined;
  }
}
