import { type Stats, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isServerState } from '#libs/data-dir';
import { Fault } from '#libs/kernel';

/**
 * What of a working tree is the state of a server and belongs to no source: the data directory, by whatever name or link
 * it is reached, and all that carries the mark of one.
 */
export class ServerState {
  readonly #root: string;
  readonly #dataDir: Stats | undefined;
  readonly #known = new Map<string, boolean>([['', false]]);

  /**
   * @param dataDir  that of the caller; it need not exist
   * @throws Fault `source.invalid` if the tree lies in the data directory or is one
   */
  constructor(root: string, dataDir: string | undefined) {
    this.#root = resolve(root);
    this.#dataDir = dataDir === undefined ? undefined : statOf(dataDir);
    for (let at = this.#root; ; at = dirname(at)) {
      if (this.#isDataDir(at) || (at === this.#root && isServerState(at)))
        throw new Fault('source.invalid', 'never', `${root} holds the state of a server`);
      if (at === dirname(at)) break;
    }
  }

  /** @param name  of a directory, relative to the root; what lies in state is state */
  includes(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const path = join(this.#root, name);
    const above = dirname(name);
    const answer =
      this.includes(above === '.' ? '' : above) ||
      name.endsWith('/.millrace') ||
      name === '.millrace' ||
      this.#isDataDir(path) ||
      isServerState(path);
    this.#known.set(name, answer);
    return answer;
  }

  #isDataDir(path: string): boolean {
    if (this.#dataDir === undefined) return false;
    const found = statOf(path);
    return found?.ino === this.#dataDir.ino && found.dev === this.#dataDir.dev;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
