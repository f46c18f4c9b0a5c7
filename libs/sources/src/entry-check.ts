import { posix } from 'node:path';
import type { Header } from 'tar-stream';
import { Fault } from '#libs/kernel';
import {
  detourProblem,
  linkProblem,
  nameProblem,
  plainName,
  treeLimits,
  withoutEndSlash,
} from './entry-name.ts';
import { repositoryEntries } from './snapshot-repository.ts';
import { submodulesMax } from './submodule-way.ts';

/** An entry that was accepted, as it is written to disk. */
export type CheckedEntry =
  | { readonly kind: 'directory'; readonly name: string }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly size: number;
      readonly isExecutable: boolean;
      /** Whole seconds of Unix time, 0 if the tar says nothing that makes sense. */
      readonly mtimeS: number;
    }
  | { readonly kind: 'link'; readonly name: string; readonly target: string }
  /** A hard link: a second name of a file before it. */
  | { readonly kind: 'copy'; readonly name: string; readonly target: string };

/** The year 2500: file systems can store times up to there. */
const mtimeMaxS = 16_725_225_600;

/**
 * Checks the entries of one tree in their order, so that writing them can neither leave the tree nor go through a link,
 * nor meet itself. One object per tree; the same rules at upload and at extraction.
 */
export class EntryCheck {
  /** Files with their sizes. */
  readonly #files = new Map<string, number>();
  readonly #links = new Map<string, string>();
  readonly #directories = new Set<string>(['.']);
  #bytes = 0;
  /** A `.git` below the top that is not that of a submodule. */
  #inner: string | undefined;
  /** Paths that look like repositories of submodules. */
  readonly #repositories = new Set<string>();

  /** @throws Fault `source.invalid` naming the entry */
  check(raw: Header): CheckedEntry {
    const header = { ...raw, name: plainName(raw.name) };
    const { name, type, size } = header;
    if (name === '.' && type === 'directory') return { kind: 'directory', name };
    const problem = this.#problemOf(header);
    if (problem !== undefined) throw refused(raw.name, problem);
    const path = withoutEndSlash(name);
    this.#addDirectories(type === 'directory' ? path : posix.dirname(path));
    this.#noteRepository(path, type);
    if (type === 'directory') return { kind: 'directory', name: path };
    if (type === 'symlink') {
      const target = linkTarget(header);
      this.#links.set(path, target);
      return { kind: 'link', name: path, target };
    }
    if (type === 'link') {
      const target = plainName(linkTarget(header));
      this.#files.set(path, this.#files.get(target) ?? 0);
      return { kind: 'copy', name: path, target };
    }
    this.#files.set(path, size);
    const isExecutable = (header.mode & 0o111) !== 0;
    return { kind: 'file', name: path, size, isExecutable, mtimeS: secondsOf(header.mtime) };
  }

  /**
   * Checks what can only be seen at the end: called after the last entry, before any link is made.
   *
   * @throws Fault `source.invalid` naming the entry
   */
  finish(): void {
    for (const [name, target] of this.#links) {
      const problem = detourProblem(name, target, this.#links);
      if (problem !== undefined) throw refused(name, problem);
    }
    const { description, pack } = repositoryEntries;
    if (!this.#files.has(pack)) return;
    if (!this.#files.has(description)) throw refused(pack, 'half of a repository');
    // git is run on this one, and would look into the other.
    if (this.#inner !== undefined) throw refused(this.#inner, 'a repository in a repository');
    for (const path of this.#repositories)
      for (const name of [`${path}/${description}`, `${path}/${pack}`])
        if (!this.#files.has(name)) throw refused(name, 'half of a repository');
    if (this.#repositories.size > submodulesMax)
      throw refused(pack, `more than ${submodulesMax} submodules`);
  }

  /** Where the repositories of submodules lie, those above others first; none if the tree itself has none. */
  get submodules(): readonly string[] {
    return this.#files.has(repositoryEntries.pack) ? [...this.#repositories].sort() : [];
  }

  filesOver(bytes: number): readonly string[] {
    return [...this.#files].flatMap(([name, size]) => (size > bytes ? [name] : []));
  }

  /** The two files of a repository are taken where they stand; all else below `.git` is refused. */
  #nameProblem({ name, type }: Header): string | undefined {
    if (type === 'file' && isRepositoryEntry(name)) return undefined;
    return nameProblem(name);
  }

  #problemOf(header: Header): string | undefined {
    const { name, type } = header;
    // A hard link has no bytes of its own in a tar, and takes those of its file where it is written.
    const copied = type === 'link' ? this.#files.get(plainName(linkTarget(header))) : undefined;
    this.#bytes += header.size + (copied ?? 0);
    const entries = this.#files.size + this.#links.size + this.#directories.size;
    if (entries > treeLimits.entriesMax) return `more than ${treeLimits.entriesMax} entries`;
    if (this.#bytes > treeLimits.bytesMax) return `more than ${treeLimits.bytesMax} bytes`;
    const badName = this.#nameProblem(header);
    if (badName !== undefined) return badName;
    if (type === 'link' && copied === undefined)
      return 'a hard link to something that is no file before it';
    if (!['file', 'directory', 'symlink', 'link'].includes(type ?? ''))
      return `an entry of the type ${type}`;
    const path = withoutEndSlash(name);
    if (this.#isTaken(path)) return 'the same name twice';
    if (type !== 'directory' && this.#directories.has(path)) return 'the name of a directory';
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
      if (this.#isTaken(path.slice(0, at))) return 'a parent that is a file or a link';
    }
    return type === 'symlink' ? linkProblem(name, linkTarget(header)) : undefined;
  }

  /** Of a submodule its two files and the directory that they lie in, and no other `.git` above or below. */
  #noteRepository(path: string, type: Header['type']): void {
    if (isRepositoryEntry(path) || !isInRepository(path)) return;
    const [, above, name] = /^(.+)\/(\.git(?:\/.*)?)$/s.exec(path) ?? [];
    const isOne =
      name === '.git' ? type === 'directory' : type === 'file' && isRepositoryEntry(name ?? '');
    if (above === undefined || isInRepository(above) || !isOne) this.#inner ??= path;
    else this.#repositories.add(above);
  }

  #isTaken(path: string): boolean {
    return this.#files.has(path) || this.#links.has(path);
  }

  /** Goes upwards until a directory is known, whose parents then are, too. */
  #addDirectories(path: string): void {
    for (let each = path; !this.#directories.has(each); each = posix.dirname(each))
      this.#directories.add(each);
  }
}

const isRepositoryEntry = (name: string) =>
  name === repositoryEntries.description || name === repositoryEntries.pack;

/** Some file systems fold case. */
const isInRepository = (path: string) =>
  path.split('/').some((part) => part.toLowerCase() === '.git');

function refused(name: string, problem: string): Fault {
  const shown = JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
  return new Fault('source.invalid', 'never', `the entry ${shown} is refused: ${problem}`);
}

/** A hostile header may have no target, whatever the type of the entry says. */
function linkTarget(header: Header): string {
  return (header.linkname as string | null) ?? '';
}

/** A hostile header may hold any size, or none. */
function secondsOf(mtime: Date): number {
  const seconds = Math.floor(mtime.getTime() / 1000);
  return seconds >= 0 && seconds <= mtimeMaxS ? seconds : 0;
}
