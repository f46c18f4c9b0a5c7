import { lstatSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, rmdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { workspacesTrash } from '#libs/data-dir';
import { type Clock, invariant } from '#libs/kernel';
import { firstNames } from './first-names.ts';
import { OwnMounts } from './own-mounts.ts';
import { type LeftTree, removeWithTrash, TreeRemover } from './remove-tree.ts';

/**
 * A directory of its own for each step that sees the machine's /tmp. What a step leaves goes with the attempt; a directory that it leaves
 * untouched serves a later one (DECISIONS.md #57): to look at it takes 0.04 ms, to remove it and make another 0.4 to 1.3 ms, because
 * that waits for the file system's journal, and on average 2.4 to 4.3 ms while the log commits. They lie in a directory of this
 * process below the system's temporary directory, because sockets are made there and their paths must be short.
 */
export class StepTemporaries {
  /** A file that lists the directories, one a line, so that the next process finds them. */
  readonly #placeFile: string;
  readonly #clock: Clock;
  readonly #onLeft: (left: LeftTree) => void;
  #directory = '';
  /** The state that each had when it was made. */
  readonly #states = new Map<string, string | undefined>();
  /** Untouched directories that no attempt uses at the moment. */
  readonly #spare: string[] = [];
  #made = 0;
  readonly #mounts = new OwnMounts();
  #remover: TreeRemover | undefined;

  constructor(stateDir: string, clock: Clock, onLeft: (left: LeftTree) => void) {
    this.#placeFile = join(stateDir, 'temporaries-at');
    this.#clock = clock;
    this.#onLeft = onLeft;
  }

  /** Called once before the first `make`: removes what earlier processes left. What resists is remembered for the next one. */
  async open(): Promise<void> {
    const before = (await readFile(this.#placeFile, 'utf8').catch(() => '')).split('\n');
    const left: string[] = [];
    for (const directory of before) {
      if (!(await isOwnDirectory(directory))) continue;
      await removeWithTrash(directory, this.#onLeft);
      if (await isOwnDirectory(directory)) left.push(directory);
    }
    this.#directory = await mkdtemp(join(tmpdir(), 'millrace-'));
    this.#remover = new TreeRemover(join(this.#directory, workspacesTrash), this.#onLeft);
    await writeFile(this.#placeFile, [this.#directory, ...left].join('\n'), { mode: 0o600 });
  }

  /** Keeps cleaners of /tmp, which go by age, from removing it. */
  async touch(): Promise<void> {
    const seconds = this.#clock.nowMs() / 1_000;
    await utimes(this.#directory, seconds, seconds).catch(() => {});
  }

  /** A directory for one attempt at a time. */
  async make(): Promise<string> {
    invariant(this.#directory !== '', 'temporaries are opened first');
    // A cleaner of /tmp may have taken it meanwhile.
    for (let spare = this.#spare.pop(); spare !== undefined; spare = this.#spare.pop())
      if (this.#isUntouched(spare)) return spare;
    this.#made += 1;
    const path = join(this.#directory, String(this.#made));
    await mkdir(path, { mode: 0o700 });
    this.#states.set(path, stateOf(path));
    return path;
  }

  /** Called when its attempt is over. Resolves when the name is free, however much is in it. Never throws. */
  async remove(path: string): Promise<void> {
    // A directory that is mounted on itself has the device, inode and times that it had.
    if (this.#isUntouched(path) && !this.#mounts.hasNamed(basename(this.#directory))) {
      this.#spare.push(path);
      return;
    }
    // Many steps leave nothing.
    await rmdir(path).catch(() => this.#remover?.removeBehind(path));
  }

  #isUntouched(path: string): boolean {
    const state = stateOf(path);
    if (state !== undefined && state === this.#states.get(path)) return true;
    this.#states.delete(path);
    return false;
  }

  /** Called when no attempt runs any more. */
  async close(): Promise<void> {
    this.#mounts.close();
    await this.#remover?.settle();
    if (this.#directory !== '') await removeWithTrash(this.#directory, this.#onLeft);
  }
}

/** It may have been removed, and anybody may have made one of that name since. */
async function isOwnDirectory(path: string): Promise<boolean> {
  const found = path === '' ? undefined : await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid);
}

/**
 * Says the same as long as the directory is empty and nothing was done to it: a mount over it has another device, and whoever
 * changes its entries, mode, owner, attributes or access list moves the time of its last change, which nobody can set. That time
 * goes in steps of some milliseconds, so within the first one an entry shows only itself.
 *
 * @returns undefined if it is not empty, or gone
 */
function stateOf(path: string): string | undefined {
  try {
    const { dev, ino, ctimeNs, mode } = lstatSync(path, { bigint: true });
    return firstNames(path, 1).length === 0 ? `${dev} ${ino} ${ctimeNs} ${mode}` : undefined;
  } catch {
    return undefined;
  }
}
