import { lstatSync } from 'node:fs';
import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { firstNames } from './first-names.ts';
import type { TreeRemover } from './remove-tree.ts';

/** Files of one attempt that are removed one by one, which takes few calls. A directory with more goes as any tree does. */
const filesMax = 256;

/** Where the files of each attempt's commands are: one directory per attempt, outside of what steps share. */
export class CommandDirectories {
  readonly #directory: string;
  readonly #remover: TreeRemover;

  /** @param directory  emptied when the executor starts */
  constructor(directory: string, remover: TreeRemover) {
    this.#directory = directory;
    this.#remover = remover;
  }

  /** The directory is not made here. @param name  that no other attempt has */
  pathOf(name: string): string {
    return join(this.#directory, name);
  }

  /** @param path  from `pathOf`. Never throws */
  async remove(path: string): Promise<void> {
    // A step without isolation may have put a link in the place of the directory, or any number of files into it.
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
      for (const name of firstNames(path, filesMax)) await unlink(join(path, name)).catch(() => {});
    await rmdir(path).catch(() => this.#remover.removeBehind(path));
  }
}
