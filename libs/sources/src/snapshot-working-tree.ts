import { closeSync, constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { PlanCheckout } from '#libs/events';
import { Fault } from '#libs/kernel';
import { detourProblem, linkProblem, nameProblem, treeLimits } from './entry-name.ts';
import { listWorkingTree, type WorkingTreeList } from './list-working-tree.ts';
import { ServerState } from './server-state.ts';
import { repositoriesOf } from './tree-repositories.ts';
import { unlistedFiles } from './unlisted-files.ts';
import { type TreeItem, writeTreeTar } from './write-tree-tar.ts';

export interface WorkingTreeSnapshot {
  /** A tar, sorted by name; owners are left out, so that the same tree gives the same bytes for everybody. */
  readonly stream: Readable;
  readonly files: number;
  /** What could not be taken along, one line each: submodules, sockets beside what is taken, names that are not UTF-8, links that leave the tree. */
  readonly leftOut: readonly string[];
  /** What else its user should know, one line each. */
  readonly warnings: readonly string[];
  /** What the tree is based on; undefined if no repository comes along. */
  readonly commit: string | undefined;
  readonly ref: string | undefined;
}

export interface SnapshotOptions {
  /** The caller's data directory, which is left out wherever it lies. */
  readonly dataDir?: string;
  /** How much of the repository comes along. */
  readonly checkout?: PlanCheckout | undefined;
}

/**
 * A working tree as it is: dirty files, modes and links kept, ignored files and empty directories not. Times are kept to
 * the second, since build tools compare them: the digest says "the same tree, untouched", not "the same text". A whole
 * repository's tree brings its history along, as objects and a description, never `.git` itself.
 *
 * @throws Fault `source.invalid` if the tree is too large, cannot be read or is a server's state; so does the stream
 */
export async function snapshotWorkingTree(
  directory: string,
  options: SnapshotOptions = {},
): Promise<WorkingTreeSnapshot> {
  const { checkout = {} } = options;
  const found: TreeItem[] = [];
  const state = new ServerState(directory, options.dataDir);
  const list = await listWorkingTree(directory, state, checkout.submodules);
  const leftOut = [...list.notes];
  const behind: string[] = [];
  const leaveOut = (name: string, why: string) => {
    leftOut.push(`${name}: ${why}`);
    behind.push(name);
  };
  const directories = new RealDirectories(directory);
  for (const name of list.names) {
    const item = directories.has(posix.dirname(name)) ? itemOf(directory, name, list) : undefined;
    if (typeof item === 'string') leaveOut(name, item);
    else if (item !== undefined) found.push(item);
  }
  if (list.repository !== undefined) {
    const listed = new Set(list.names);
    const own = [...directories.names()].filter((name) => !isInSubmodule(name, list));
    for (const name of await unlistedFiles(directory, own))
      if (!listed.has(name)) leftOut.push(`${name}: ${notRegular}`);
  }
  const links = new Map(
    found.flatMap((item) => (item.kind === 'link' ? [[item.name, item.target] as const] : [])),
  );
  const items = found.filter((item) => {
    const problem = item.kind === 'link' && detourProblem(item.name, item.target, links);
    if (problem) leaveOut(item.name, problem);
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
  const { packed, warnings } = await repositoriesOf({ directory, list, behind, checkout });
  const repository = packed.get('')?.repository;
  return {
    stream: writeTreeTar(directory, items, packed),
    files: items.length,
    leftOut,
    warnings,
    commit: repository?.commit,
    ref: repository?.ref,
  };
}

const notRegular = 'not a regular file';

function isInSubmodule(directory: string, { submodules }: WorkingTreeList): boolean {
  return [...submodules].some((name) => `${directory}/`.startsWith(`${name}/`));
}

/** A text says why it cannot come along; undefined if it was deleted. Without the thread pool: thousands of short calls. */
function itemOf(
  directory: string,
  name: string,
  { submodules, opened }: WorkingTreeList,
): TreeItem | string | undefined {
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
  if (!found.isFile()) return notRegular;
  const why = readProblem(path);
  if (why !== undefined) return `it cannot be read (${why})`;
  const mode = (found.mode & 0o111) === 0 ? 0o644 : 0o755;
  return { kind: 'file', name, size: found.size, mode, mtime };
}

function readProblem(path: string): string | undefined {
  try {
    // Opened, as what a user may do is not all that decides. Never waits if a pipe took the file's place.
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

  /** Those that were asked for and are. */
  *names(): Iterable<string> {
    for (const [name, isReal] of this.#known) if (isReal) yield name;
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
