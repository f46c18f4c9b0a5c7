import type { Header } from 'tar-stream';
import { Fault } from '#libs/kernel';
import { linkProblem, nameProblem, treeLimits, withoutEndSlash } from './entry-name.ts';

/** What an entry becomes. */
export type CheckedEntry =
  | { readonly kind: 'directory'; readonly name: string }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly size: number;
      readonly isExecutable: boolean;
      readonly mtimeMs: number;
    }
  | { readonly kind: 'link'; readonly name: string; readonly target: string };

/**
 * Judges the entries of one tree in their order, so that writing them can neither leave the tree nor go through a link.
 * One object per tree; the same rules at upload and at extraction.
 */
export class EntryCheck {
  readonly #links = new Set<string>();
  readonly #files = new Set<string>();
  #entries = 0;
  #bytes = 0;

  /** @throws Fault `source.invalid` naming the entry */
  check(header: Header): CheckedEntry {
    const { name } = header;
    const problem = this.#problemOf(header);
    if (problem !== undefined) {
      const shown = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
      throw new Fault('source.invalid', 'never', `the entry ${shown} is refused: ${problem}`);
    }
    const path = withoutEndSlash(name);
    if (header.type === 'directory') return { kind: 'directory', name: path };
    this.#files.add(path);
    if (header.type === 'symlink') {
      this.#links.add(path);
      return { kind: 'link', name: path, target: linkTarget(header) };
    }
    const { size } = header;
    const isExecutable = (header.mode & 0o111) !== 0;
    return { kind: 'file', name: path, size, isExecutable, mtimeMs: header.mtime.getTime() };
  }

  #problemOf(header: Header): string | undefined {
    const { name, type } = header;
    this.#entries += 1;
    this.#bytes += header.size;
    if (this.#entries > treeLimits.entriesMax) return `more than ${treeLimits.entriesMax} entries`;
    if (this.#bytes > treeLimits.bytesMax) return `more than ${treeLimits.bytesMax} bytes`;
    const badName = nameProblem(name);
    if (badName !== undefined) return badName;
    if (type !== 'file' && type !== 'directory' && type !== 'symlink')
      return `an entry of the type ${type}`;
    const path = withoutEndSlash(name);
    if (this.#files.has(path)) return 'the same name twice';
    if (this.#links.has(path)) return 'a name that is a link already';
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      const parent = path.slice(0, at);
      if (this.#files.has(parent)) return 'a parent that is a file or a link';
    }
    return type === 'symlink' ? linkProblem(name, linkTarget(header)) : undefined;
  }
}

/** A hostile header may have none, whatever the type says. */
function linkTarget(header: Header): string {
  return (header.linkname as string | null) ?? '';
}
