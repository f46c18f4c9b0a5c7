import { Fault } from '#libs/kernel';
import { treeLimits } from './entry-name.ts';

export interface CommitTree {
  readonly submodules: readonly { readonly path: string; readonly commit: string }[];
}

/**
 * Reads `git ls-tree -r -t -l -z` piece by piece. A few small objects can stand for more files than any disk has, or for
 * more directories without a single file than any walk ends in: counted before git makes files, or a list, of them.
 */
export class TreeReader {
  readonly #submodules: { path: string; commit: string }[] = [];
  #entries = 0;
  #bytes = 0;
  #rest = '';

  /** @throws Fault `source.invalid` if the tree is larger than a source may be */
  take(text: string): void {
    const items = (this.#rest + text).split('\0');
    this.#rest = items.pop() ?? '';
    for (const item of items) this.#add(item);
  }

  get tree(): CommitTree {
    return { submodules: this.#submodules };
  }

  #add(item: string): void {
    const [, mode, commit = '', size, path = ''] =
      /^(\d+) \w+ (\w+)(?: +(\S+))?\t(.*)$/s.exec(item) ?? [];
    this.#entries += 1;
    this.#bytes += Number(size) || 0;
    if (mode === '160000') this.#submodules.push({ path, commit });
    if (this.#entries > treeLimits.entriesMax || this.#bytes > treeLimits.bytesMax)
      throw new Fault(
        'source.invalid',
        'never',
        `the commit has more than ${treeLimits.entriesMax} files and directories or ${treeLimits.bytesMax} bytes`,
      );
  }
}
