import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { workspacesTrash } from '#libs/data-dir';
import { unmountBelow } from './left-mounts.ts';
import { OpenDirectory } from './open-directory.ts';

/**
 * Entries after which `rm` takes over: 10,000 nested directories took 21 s by hand and less than 4 s with it, on two
 * busy cores. Small trees, which most are, go without a process.
 */
const byHandMax = 200;
/** In one directory: if this many entries resisted, the rest does, too. */
const resistingMax = 100;

/** What could not be removed. */
export interface LeftTree {
  /** The path that was to be removed. */
  readonly path: string;
  /** Where the rest is now, in the trash or at its place; one path of possibly several. */
  readonly left: string;
  /** The number of such paths. */
  readonly count: number;
  /** Why the first entry could not be removed. */
  readonly reason: string;
}

/** One removal. */
interface Job {
  /** Names in the trash that this removal has used. */
  readonly names: string[];
  /** Directories that are still to be emptied. */
  readonly pending: string[];
  byHand: number;
  isUnlocked: boolean;
  reason: string | undefined;
}

/**
 * Removes directories that strangers filled: any depth, any names, no permissions, read-only or immutable entries, mounts.
 *
 * A tree is first renamed into the trash (same file system, ours alone), so its name is free at once and nobody who
 * had it in view reaches it; then every directory in it is hoisted to the trash's top before it is emptied, so that no
 * path grows with the depth. Links are removed, never followed. What resists stays in the trash, is reported once, and is
 * tried again by `empty`. One remover at a time has a trash.
 */
export class TreeRemover {
  readonly #trashDir: string;
  readonly #onLeft: (left: LeftTree) => void;
  /** Names in the trash that running removals work on. */
  readonly #busy = new Set<string>();
  readonly #reported = new Set<string>();
  /** Removals in the background. */
  readonly #behind = new Set<Promise<void>>();
  #count = 0;

  constructor(trashDir: string, onLeft: (left: LeftTree) => void) {
    this.#trashDir = trashDir;
    this.#onLeft = onLeft;
  }

  /** Removes a tree, if there is one. Never throws: its caller goes on with its own work. */
  async remove(path: string): Promise<void> {
    const goOn = await this.#take(path);
    await goOn();
  }

  /**
   * As `remove`, but resolves when the name is free: a tree of a million files takes minutes, in the background. Never throws.
   */
  async removeBehind(path: string): Promise<void> {
    const goOn = await this.#take(path);
    const removal = goOn().finally(() => this.#behind.delete(removal));
    this.#behind.add(removal);
  }

  /** Waits for removals that `removeBehind` has begun. Never throws. */
  async settle(): Promise<void> {
    await Promise.all(this.#behind);
  }

  /** Moves a tree into the trash. @returns removes it there */
  async #take(path: string): Promise<() => Promise<void>> {
    const job = newJob();
    const hoisted = this.#freshPath(job);
    const conclude = () => this.#conclude(job, path);
    const note = (error: unknown) => {
      job.reason ??= String(error);
    };
    try {
      await ownDirectory(this.#trashDir);
      await rename(path, hoisted).catch(async (error: unknown) => {
        if (isCode(error, 'ENOENT')) return;
        await unmountBelow(path);
        await unlock([path]);
        // Moving a directory changes its `..`, so it must be writable.
        if ((await lstat(path)).isDirectory()) await chmod(path, 0o700);
        await rename(path, hoisted);
      });
    } catch (error) {
      note(error);
      return conclude;
    }
    return () => this.#destroy(job, [hoisted]).catch(note).then(conclude);
  }

  /** Tries again what could not be removed, and finishes what an earlier process began. Never throws. */
  async empty(): Promise<void> {
    const job = newJob();
    try {
      await ownDirectory(this.#trashDir);
      const names = (await readdir(this.#trashDir)).filter((name) => !this.#busy.has(name));
      for (const name of names) this.#claim(job, name);
      await this.#destroy(
        job,
        names.map((name) => join(this.#trashDir, name)),
      );
    } catch (error) {
      job.reason ??= String(error);
    }
    await this.#conclude(job, this.#trashDir);
  }

  async #conclude({ names, reason }: Job, path: string): Promise<void> {
    for (const name of names) this.#busy.delete(name);
    if (reason === undefined) return;
    const left = await this.#leftOf(names, path);
    const [first] = left;
    if (first === undefined || left.every((place) => this.#reported.has(place))) return;
    for (const place of left) this.#reported.add(place);
    this.#onLeft({ path, left: first, count: left.length, reason });
  }

  async #leftOf(names: readonly string[], path: string): Promise<readonly string[]> {
    const inTrash = await readdir(this.#trashDir).catch(() => undefined);
    if (inTrash === undefined) return [path];
    const there = new Set(inTrash);
    const left = names.filter((name) => there.has(name)).map((name) => join(this.#trashDir, name));
    if (left.length > 0 || path === this.#trashDir) return left;
    return (await lstat(path).catch(() => undefined)) ? [path] : [];
  }

  async #destroy(job: Job, roots: readonly string[]): Promise<void> {
    for (const root of roots) {
      const found = await lstat(root).catch(orNothing);
      const mounts = found?.isDirectory() ? await unmountBelow(root) : [];
      // Emptying it would empty what is mounted there.
      if (mounts.length > 0) job.reason ??= `${mounts.join(', ')} cannot be unmounted`;
      else if (found) job.pending.push(root);
    }
    for (let path = job.pending.pop(); path !== undefined; path = job.pending.pop()) {
      const found = await lstat(path).catch(orNothing);
      if (!found) continue;
      const work = async () => {
        if (!found.isDirectory()) return unlink(path).catch(orNothing);
        await this.#hollow(path, job);
        await rmdir(path).catch(orNothing);
      };
      await work().catch((error: unknown) => {
        job.reason ??= String(error);
      });
    }
  }

  /** Unlinks what is in the directory and hoists its directories onto `pending`. */
  async #hollow(path: string, job: Job): Promise<void> {
    // By its own name, freshly made in our trash: nobody can have put a link there.
    await chmod(path, 0o700).catch(() => unlockOnce(job, path));
    const directory = await OpenDirectory.open(path);
    let resisting = 0;
    try {
      // A directory read while it shrinks may skip entries: read until one pass finds none that goes.
      for (let hasMore = true; hasMore; ) {
        hasMore = false;
        for await (const { name, kind } of directory.entries()) {
          await handOver(job, path);
          const entry = directory.pathOf(name);
          try {
            await this.#dispose(job, { entry, kind, path });
            hasMore = true;
          } catch (error) {
            job.reason ??= String(error);
            resisting += 1;
            if (resisting >= resistingMax) return;
          }
        }
      }
    } finally {
      await directory.close();
    }
  }

  /** @throws the error of the entry that cannot be removed */
  async #dispose(
    job: Job,
    { entry, kind, path }: { readonly entry: Buffer; readonly kind: string; readonly path: string },
  ): Promise<void> {
    const step = async () => {
      if (kind !== 'directory') return unlink(entry).catch(orNothing);
      const hoisted = this.#freshPath(job);
      try {
        await rename(entry, hoisted);
        job.pending.push(hoisted);
      } catch (error) {
        orNothing(error);
      }
    };
    await step().catch(async () => {
      // Moving a directory needs the right to write into it: attributes that forbid that are cleared first.
      if (kind === 'directory') await chmod(entry, 0o700).catch(() => {});
      await step().catch(async () => {
        await unlockOnce(job, path);
        await step();
      });
    });
  }

  /** Unique among processes, too: names that an earlier one left are still there. */
  #freshPath(job: Job): string {
    this.#count += 1;
    const name = `${process.pid}-${process.hrtime.bigint()}-${this.#count}`;
    this.#claim(job, name);
    return join(this.#trashDir, name);
  }

  #claim(job: Job, name: string): void {
    this.#busy.add(name);
    job.names.push(name);
  }
}

/** Empties a directory that has a trash of its own, and removes it. What resists stays in it. Never throws. */
export async function removeWithTrash(
  directory: string,
  onLeft: (left: LeftTree) => void,
): Promise<void> {
  // Its own trash: nothing can be renamed from one file system to another.
  const trash = join(directory, workspacesTrash);
  const remover = new TreeRemover(trash, onLeft);
  for (const name of await readdir(directory).catch(() => [] as string[]))
    if (name !== workspacesTrash) await remover.remove(join(directory, name));
  await remover.empty();
  for (const each of [trash, directory]) await rmdir(each).catch(() => {});
}

function newJob(): Job {
  return { names: [], pending: [], byHand: 0, isUnlocked: false, reason: undefined };
}

/**
 * A directory of ours if there is none. What a step without isolation put in its place goes.
 * @throws NodeJS.ErrnoException if it cannot be made
 */
export async function ownDirectory(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found && !found.isDirectory()) await unlink(path);
  if (!found?.isDirectory()) await mkdir(path, { recursive: true, mode: 0o700 });
  else if ((found.mode & 0o700) !== 0o700) await chmod(path, 0o700);
}

/** Counts an entry; from `byHandMax` entries on, rm removes the rest. What rm leaves is removed one by one. */
async function handOver(job: Job, path: string): Promise<void> {
  job.byHand += 1;
  if (job.byHand === byHandMax)
    await run('rm', ['-rf', '--one-file-system', '--', path, ...job.pending]);
}

/** Immutable and append-only attributes go from everything that is still there, once. */
async function unlockOnce(job: Job, path: string): Promise<void> {
  if (job.isUnlocked) return;
  job.isUnlocked = true;
  await unlock([path, ...job.pending.slice(0, byHandMax)]);
}

/** For whole trees. If it fails, the removal that follows reports why. */
function unlock(paths: readonly string[]): Promise<void> {
  return run('chattr', ['-R', '-f', '-i', '-a', '--', ...paths]);
}

/** The exit code is ignored, since the caller looks at what is left. rm walks by descriptors and follows no link. */
function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile(program, args, () => resolve());
  });
}

function orNothing(error: unknown): undefined {
  if (isCode(error, 'ENOENT')) return undefined;
  throw error;
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
