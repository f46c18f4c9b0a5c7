import {
  closeSync,
  constants,
  createReadStream,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join, posix } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { Fault } from '#libs/kernel';
import { detourProblem, linkProblem, nameProblem, treeLimits } from './entry-name.ts';
import { listWorkingTree } from './list-working-tree.ts';
import { ServerState } from './server-state.ts';

const smallFileBytes = 1024 * 1024;

export interface WorkingTreeSnapshot {
  /** A tar, sorted by name; owners are left out, so that the same tree gives the same bytes for everybody. */
  readonly stream: Readable;
  readonly files: number;
  /** What could not be taken along, one line each: submodules, sockets, names that are not UTF-8, links that leave the tree. */
  readonly leftOut: readonly string[];
}

type Item = { readonly name: string; readonly mtime: Date } & (
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'file'; readonly size: number; readonly mode: number }
);

/**
 * A working tree as it is: dirty files, modes and links kept, ignored files, empty directories and `.git` not. Times are
 * kept to the second, since build tools compare them: the digest says "the same tree, untouched", not "the same text".
 *
 * @param options.dataDir  the caller's data directory, which is left out wherever it lies
 * @throws Fault `source.invalid` where the tree is too large, cannot be read or is a server's state; so does the stream
 */
export async function snapshotWorkingTree(
  directory: string,
  options: { readonly dataDir?: string } = {},
): Promise<WorkingTreeSnapshot> {
  const found: Item[] = [];
  const state = new ServerState(directory, options.dataDir);
  const list = await listWorkingTree(directory, state);
  const leftOut = [...list.notes];
  const directories = new RealDirectories(directory);
  for (const name of list.names) {
    const item = directories.has(posix.dirname(name))
      ? itemOf(directory, name, list.submodules)
      : undefined;
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
  const bytes = items.reduce((sum, item) => sum + (item.kind === 'file' ? item.size : 0), 0);
  if (items.length > treeLimits.entriesMax || bytes > treeLimits.bytesMax) {
    throw new Fault(
      'source.invalid',
      'never',
      `the working tree has ${items.length} files with ${bytes} bytes: more than a source may have`,
    );
  }
  return { stream: writeTar(directory, items), files: items.length, leftOut };
}

/** A text says why it cannot come along; undefined where it was deleted. Without the thread pool: thousands of short calls. */
function itemOf(
  directory: string,
  name: string,
  submodules: ReadonlySet<string>,
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
    if (!name.endsWith('/') && !submodules.has(name)) return undefined;
    return 'a submodule or another repository';
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

function writeTar(directory: string, items: readonly Item[]): Readable {
  const tar = pack();
  // Whoever reads gets the error; a snapshot that nobody reads must not end the process.
  tar.on('error', () => {});
  const write = async () => {
    for (const item of items) {
      if (item.kind === 'link')
        tar.entry({ name: item.name, type: 'symlink', linkname: item.target, mtime: item.mtime });
      else await writeFile(tar, join(directory, item.name), item).catch(cannotRead(item.name));
    }
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error as Error));
  return Readable.from(tar as AsyncIterable<Uint8Array>, { objectMode: false });
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
