import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Fault, invariant, isUuid, uuidFromName } from '#libs/kernel';

/** The file in a data directory that says that it is one, and holds its id. */
export const dataDirectoryMark = 'data-directory-id';

/** The file in a directory of the user's state that names its data directory: see `owner-mark.ts`. */
export const workspacesMark = '.data-directory';

/** The directory in a directory of workspaces that holds what is being removed, and what cannot be removed. */
export const workspacesTrash = '.trash';

/** Error codes that mean that there is no file of ours: none is there, or this user may not look, so none of us made it. */
const absent: ReadonlySet<string | undefined> = new Set([
  ...['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENXIO', 'ENAMETOOLONG'],
  ...['EACCES', 'EPERM'],
]);

/**
 * The id of a data directory, a uuid, or undefined if there is none.
 *
 * @throws Fault `data-dir.not-writable` if nobody knows whether there is one: a read failed
 */
export function dataDirectoryId(path: string): string | undefined {
  try {
    return readMark(join(path, dataDirectoryMark));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (absent.has(code)) return undefined;
    throw unknownId(path, cause);
  }
}

function readMark(path: string): string | undefined {
  // A link could show the id of another directory, and a pipe would make us wait.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const text = readFileSync(fd, 'utf8').replace(/\n$/, '');
    return isUuid(text) ? text : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Throws rather than go on without an id: a path made of none would lead to the directory above. */
function requireId(path: string): string {
  const id = dataDirectoryId(path);
  if (id === undefined) throw unknownId(path);
  return id;
}

function unknownId(path: string, cause?: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? 'it holds no id';
  const message = `${join(path, dataDirectoryMark)} cannot be read (${code})`;
  return new Fault('data-dir.not-writable', 'backoff', message, { cause });
}

/**
 * The directory in the user's state that belongs to a data directory. Steps see its name in the paths of their workspaces, and
 * whoever knows an id can make a directory that is believed: so the name tells nothing of the id.
 */
export function stateDirectory(base: string, id: string): string {
  return join(base, uuidFromName('data-directory', id));
}

/**
 * Where it may be: its name was the id itself, and a server moves what is there. Ids are drawn (version 4), names are made of them
 * (version 8): a name that a step has seen is no id.
 */
export function stateDirectories(base: string, id: string): readonly string[] {
  invariant(isUuid(id), 'an id of a data directory is a uuid');
  const isDrawn = id[14] === '4';
  return [stateDirectory(base, id), ...(isDrawn ? [join(base, id)] : [])];
}

export function newDataDirectoryId(): string {
  return randomUUID();
}

/**
 * The id of a data directory, made if there is none yet; concurrent processes all get the same.
 *
 * @param id  the id to use if one is made
 * @throws NodeJS.ErrnoException; Fault `data-dir.not-writable` if it cannot be read
 */
export function ensureDataDirectoryId(path: string, id = newDataDirectoryId()): string {
  const known = dataDirectoryId(path);
  if (known !== undefined) return known;
  const draft = draftOfMark(path, id);
  try {
    linkSync(draft, join(path, dataDirectoryMark));
  } catch {
    // Another process was faster, or the file holds no id.
    if (dataDirectoryId(path) === undefined) renameSync(draft, join(path, dataDirectoryMark));
  } finally {
    rmSync(draft, { force: true });
  }
  return requireId(path);
}

/** Gives a copy of a data directory an id of its own. @throws as `ensureDataDirectoryId` */
export function renewDataDirectoryId(path: string): string {
  renameSync(draftOfMark(path, newDataDirectoryId()), join(path, dataDirectoryMark));
  return requireId(path);
}

function draftOfMark(path: string, id: string): string {
  invariant(isUuid(id), 'an id of a data directory is a uuid');
  const draft = join(path, `${dataDirectoryMark}.${id}`);
  writeFileSync(draft, `${id}\n`, { mode: 0o600 });
  return draft;
}

/** Whether a directory holds the state of a server, of this one or of any other: none of its files belong in a source. */
export function isServerState(path: string): boolean {
  if (existsSync(join(path, workspacesMark)) || dataDirectoryId(path) !== undefined) return true;
  // Of a version before there was a mark.
  return ['admin-token', 'executor', 'artifacts', 'seals'].every((name) =>
    existsSync(join(path, name)),
  );
}
