import {
  closeSync,
  constants,
  createReadStream,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import type { PlanCheckout } from '#libs/events';
import { Fault } from '#libs/kernel';
import { detourProblem, linkProblem, nameProblem, treeLimits } from './entry-name.ts';
import { lfsWarnings } from './lfs-pointers.ts';
import { listWorkingTree, type WorkingTreeList } from './list-working-tree.ts';
import { foreignProblem } from './own-repository.ts';
import { describePart, type PackedRepository, packRepository } from './pack-repository.ts';
import { ServerState } from './server-state.ts';
import { repositoryEntries, type SnapshotPart, skippedBytesMax } from './snapshot-repository.ts';
import { wordsOf } from './user-git.ts';

const smallFileBytes = 1024 * 1024;

export interface WorkingTreeSnapshot {
  /** A tar, sorted by name; owners are left out, so that the same tree gives the same bytes for everybody. */
  readonly stream: Readable;
  readonly files: number;
  /** What could not be taken along, one line each: submodules, sockets, names that are not UTF-8, links that leave the tree. */
  readonly leftOut: readonly string[];
  /** What else its user should know, one line each. */
  readonly warnings: readonly string[];
  /** What the tree is based on; undefined where no repository comes along. */
  readonly commit: string | undefined;
  readonly ref: string | undefined;
}

export interface SnapshotOptions {
  /** The caller's data directory, which is left out wherever it lies. */
  readonly dataDir?: string;
  /** How much of the repository comes along. */
  readonly checkout?: PlanCheckout | undefined;
}

/** What comes along of a repository, or just what is said of it. */
type Described = PackedRepository | { readonly repository: SnapshotPart; readonly pack: undefined };

type Item = { readonly name: string; readonly mtime: Date } & (
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly size: number; readonly mode: number }
  /** Empty: where a submodule lies that does not come along. */
  | { readonly kind: 'directory' }
);

/**
 * A working tree as it is: dirty files, modes and links kept, ignored files and empty directories not. Times are kept to
 * the second, since build tools compare them: the digest says "the same tree, untouched", not "the same text". A whole
 * repository's tree brings its history along, as objects and a description, never `.git` itself.
 *
 * @throws Fault `source.invalid` where the tree is too large, cannot be read or is a server's state; so does the stream
 */
export async function snapshotWorkingTree(
  directory: string,
  options: SnapshotOptions = {},
): Promise<WorkingTreeSnapshot> {
  const { checkout = {} } = options;
  const found: Item[] = [];
  const state = new ServerState(directory, options.dataDir);
  const list = await listWorkingTree(directory, state, checkout.submodules);
  const leftOut = [...list.notes];
  const directories = new RealDirectories(directory);
  for (const name of list.names) {
    const item = directories.has(posix.dirname(name)) ? itemOf(directory, name, list) : undefined;
    if (typeof item === 'string') leftOut.push(`${name}: ${item}`);
    else if (item !== undefined) found.push(item);
  }
  const links = new Map(
    found.flatMap((item) => (item.kind === 'link' ? [[item.name, item.target] as const] : [])),
  );
  const items = found.filter((item) => {
    const problem = item.kind === 'link' && detourProblem(item.name, item.target, links);
    if (problem) leftOut.push(`${item.name}: ${problem}`);
    return !problem;
  });
  for (const { name, kind } of items)
    if (kind === 'directory') leftOut.push(`${name}: a submodule (source: { submodules: true })`);
  const bytes = items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0);
  if (items.length > treeLimits.entriesMax || bytes > treeLimits.bytesMax) {
    throw new Fault(
      'source.invalid',
      'never',
      `the working tree has ${items.length} files with ${bytes} bytes: more than a source may have`,
    );
  }
  const { packed, warnings } = await repositoryOf(directory, list, checkout);
  return {
    stream: writeTar(directory, items, packed),
    files: items.length,
    leftOut,
    warnings,
    commit: packed?.repository.commit,
    ref: packed?.repository.ref,
  };
}

/** Packs the repository; if its history is damaged, only HEAD; if that fails too, only files. */
async function repositoryOf(
  directory: string,
  { repository: top, names, skipped }: WorkingTreeList,
  checkout: PlanCheckout,
): Promise<{ packed: Described | undefined; warnings: readonly string[] }> {
  if (top === undefined) return { packed: undefined, warnings: [] };
  const pointers = lfsPointersIn(directory, names);
  const foreign = await foreignProblem(top);
  if (foreign !== undefined) {
    const words = `steps get files without git: ${foreign}`;
    return { packed: undefined, warnings: [words, ...(await pointers)] };
  }
  if (top !== realpathSync(directory)) {
    const words = `this is a part of the repository at ${top}: steps get its files and the commit’s variables, no git`;
    const repository = await describePart(directory);
    const packed = repository && { repository, pack: undefined };
    return { packed, warnings: [words, ...(await pointers)] };
  }
  const hidden = skipped.filter((name) => nameProblem(name) === undefined);
  const hasRoom = Buffer.byteLength(JSON.stringify(hidden)) <= skippedBytesMax;
  const packWith = (wish: PlanCheckout) => packRepository(top, wish, hasRoom ? hidden : []);
  const crowd = hasRoom
    ? []
    : [`${hidden.length} files that git skips here are too many to name: it shows them as changed`];
  const why = (error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    return error.message;
  };
  try {
    const packed = await packWith(checkout);
    return { packed, warnings: [...crowd, ...(packed?.warnings ?? []), ...(await pointers)] };
  } catch (error) {
    const words = [`the history cannot be read (${why(error)})`];
    const packed = await packWith({ ...checkout, depth: 1, tags: false }).catch(
      (cause: unknown) => {
        words.push(`steps get files without git (${why(cause)})`);
        return undefined;
      },
    );
    return { packed, warnings: [...crowd, words.join(': '), ...(await pointers)] };
  }
}

/** git is asked only where some attributes speak of LFS: most repositories have none. */
async function lfsPointersIn(
  directory: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const isMeant = names.some(
    (name) =>
      posix.basename(name) === '.gitattributes' &&
      textOf(join(directory, name)).includes('filter=lfs'),
  );
  if (!isMeant) return [];
  const words = await wordsOf(directory, ['ls-files', '-z', '--', ':(attr:filter=lfs)']);
  return lfsWarnings(
    directory,
    (words ?? '').split('\0').filter((name) => name !== ''),
  );
}

function textOf(path: string): string {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, 'utf8') : '';
  } catch {
    return '';
  }
}

/** A text says why it cannot come along; undefined where it was deleted. Without the thread pool: thousands of short calls. */
function itemOf(
  directory: string,
  name: string,
  { submodules, opened }: WorkingTreeList,
): Item | string | undefined {
  const problem = nameProblem(name);
  if (problem !== undefined) return problem;
  const path = join(directory, name);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  const mtime = new Date(Math.floor(found.mtimeMs / 1000) * 1000);
  if (found.isSymbolicLink()) {
    const target = readlinkSync(path);
    return linkProblem(name, target) ?? { kind: 'link', name, target, mtime };
  }
  if (found.isDirectory()) {
    // A file that became a directory: it was deleted, and what is in it stands in the list by itself.
    if (submodules.has(name))
      return opened.has(name) ? undefined : { kind: 'directory', name, mtime };
    return name.endsWith('/') ? 'another repository' : undefined;
  }
  if (!found.isFile()) return 'not a regular file';
  const why = readProblem(path);
  if (why !== undefined) return `it cannot be read (${why})`;
  const mode = (found.mode & 0o111) === 0 ? 0o644 : 0o755;
  return { kind: 'file', name, size: found.size, mode, mtime };
}

function readProblem(path: string): string | undefined {
  try {
    // Opened, as what a user may do is not all that decides. Never waits where a pipe took the file's place.
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

/**
 * Which directories of a tree are directories still. A tracked one may be a link or a file by now; what was below it is
 * gone then, whatever the link leads to.
 */
class RealDirectories {
  readonly #root: string;
  readonly #known = new Map<string, boolean>([['.', true]]);

  constructor(root: string) {
    this.#root = root;
  }

  has(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const answer =
      this.has(posix.dirname(name)) &&
      lstatSync(join(this.#root, name), { throwIfNoEntry: false })?.isDirectory() === true;
    this.#known.set(name, answer);
    return answer;
  }
}

function writeTar(
  directory: string,
  items: readonly Item[],
  packed: Described | undefined,
): Readable {
  const tar = pack();
  // Whoever reads gets the error; a snapshot that nobody reads must not end the process.
  tar.on('error', () => {});
  const write = async () => {
    if (packed) await writeRepositoryEntries(tar, packed);
    for (const item of items) {
      if (item.kind === 'link')
        tar.entry({ name: item.name, type: 'symlink', linkname: item.target, mtime: item.mtime });
      else if (item.kind === 'directory')
        tar.entry({ name: item.name, type: 'directory', mtime: item.mtime });
      else await writeFile(tar, join(directory, item.name), item).catch(cannotRead(item.name));
    }
    tar.finalize();
  };
  write()
    .catch((error: unknown) => tar.destroy(error as Error))
    .finally(() => packed?.pack?.file.close().catch(() => {}));
  return Readable.from(tar as AsyncIterable<Uint8Array>, { objectMode: false });
}

async function writeRepositoryEntries(
  tar: Pack,
  { repository, pack: objects }: Described,
): Promise<void> {
  const mtime = new Date(0);
  tar.entry({ name: repositoryEntries.description, mtime }, JSON.stringify(repository));
  if (!objects) return;
  const sink = tar.entry({ name: repositoryEntries.pack, size: objects.bytes, mtime });
  const bytes = objects.file.createReadStream({ start: 0, autoClose: false });
  await pipeline(bytes, sink as unknown as Writable);
}

/** A file that grows or shrinks while it is read spoils the tar: the read is held to the size that was announced. */
async function writeFile(
  tar: Pack,
  path: string,
  item: Extract<Item, { kind: 'file' }>,
): Promise<void> {
  const { name, size, mode, mtime } = item;
  if (size <= smallFileBytes) {
    const bytes = readFileSync(path);
    // The answer comes when a slow reader has taken the entry, so that memory stays bounded.
    await new Promise<void>((resolve, reject) => {
      tar.entry({ name, size: bytes.length, mode, mtime }, bytes, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return;
  }
  const sink = tar.entry({ name, size, mode, mtime });
  await pipeline(createReadStream(path, { end: size - 1 }), sink as unknown as Writable);
}

function cannotRead(name: string): (cause: unknown) => never {
  return (cause) => {
    const why = (cause as NodeJS.ErrnoException).code ?? 'it changed meanwhile';
    throw new Fault('source.invalid', 'never', `cannot read ${JSON.stringify(name)}: ${why}`, {
      cause,
    });
  };
}
