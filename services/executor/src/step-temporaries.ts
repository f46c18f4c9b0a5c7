import { constants, lstatSync, readdirSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspacesTrash } from '#libs/data-dir';
import { type Clock, invariant } from '#libs/kernel';
import { type LeftTree, removeWithTrash, TreeRemover } from './remove-tree.ts';

/**
 * For steps that see the machine's own /tmp: a directory each. What a step leaves goes with the attempt; a directory that it leaves
 * empty serves a later one. They lie in one of this life's own below the system's temporary directory, because sockets are made
 * there and their paths must be short.
 */
export class StepTemporaries {
  /** Says where they are, one a line, so that the next life finds them. */
  readonly #placeFile: string;
  readonly #clock: Clock;
  readonly #onLeft: (left: LeftTree) => void;
  #directory = '';
  readonly #empty: string[] = [];
  #made = 0;
  #remover: TreeRemover | undefined;

  constructor(stateDir: string, clock: Clock, onLeft: (left: LeftTree) => void) {
    this.#placeFile = join(stateDir, 'temporaries-at');
    this.#clock = clock;
    this.#onLeft = onLeft;
  }

  /** Called once before the first `make`: removes what earlier lives left. What resists is remembered for the next one. */
  async open(): Promise<void> {
    const before = (await readFile(this.#placeFile, 'utf8').catch(() => '')).split('\n');
    const left: string[] = [];
    for (const directory of before) {
      if (!(await isOurs(directory))) continue;
      await removeWithTrash(directory, this.#onLeft);
      if (await isOurs(directory)) left.push(directory);
    }
    this.#directory = await mkdtemp(join(tmpdir(), 'millrace-'));
    this.#remover = new TreeRemover(join(this.#directory, workspacesTrash), this.#onLeft);
    await writeFile(this.#placeFile, [this.#directory, ...left].join('\n'), { mode: 0o600 });
  }

  /** Whoever cleans /tmp by age is to leave it alone. */
  async touch(): Promise<void> {
    const seconds = this.#clock.nowMs() / 1_000;
    await utimes(this.#directory, seconds, seconds).catch(() => {});
  }

  /** For one attempt at a time. */
  async make(): Promise<string> {
    invariant(this.#directory !== '', 'temporaries are opened first');
    const empty = this.#empty.pop();
    if (empty !== undefined) return empty;
    this.#made += 1;
    const path = join(this.#directory, String(this.#made));
    await mkdir(path, { mode: 0o700 });
    return path;
  }

  /** When its attempt is over. Never throws. */
  async remove(path: string): Promise<void> {
    if (isAsMade(path)) this.#empty.push(path);
    else await this.#remover?.remove(path);
  }

  /** When no attempt runs any more. */
  async close(): Promise<void> {
    if (this.#directory !== '') await removeWithTrash(this.#directory, this.#onLeft);
  }
}

/** It may have been removed, and anybody may have made one of that name since. */
async function isOurs(path: string): Promise<boolean> {
  const found = path === '' ? undefined : await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === (process.getuid?.() ?? found.uid);
}

/** Empty, and nothing was done to the directory itself. */
function isAsMade(path: string): boolean {
  try {
    const found = lstatSync(path);
    return found.mode === (constants.S_IFDIR | 0o700) && readdirSync(path).length === 0;
  } catch {
    return false;
  }
}
