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

/** The file in a data directory that says that it is one, and holds its id. */
export const dataDirectoryMark = 'data-directory-id';

/** The file in a directory of the user's state that says which data directory's it is: see `owner-mark.ts`. */
export const workspacesMark = '.data-directory';

/** The directory in a directory of workspaces where lies what is being removed, and what cannot be removed. */
export const workspacesTrash = '.trash';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n?$/;

/** The id of a data directory, or undefined where there is none. */
export function dataDirectoryId(path: string): string | undefined {
  try {
    // A link could show the id of another one.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
    const fd = openSync(join(path, dataDirectoryMark), flags);
    try {
      const text = readFileSync(fd, 'utf8');
      return uuid.test(text) ? text.trim() : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

export function newDataDirectoryId(): string {
  return randomUUID();
}

/**
 * The id of a data directory, made where there is none yet; of several processes that do so at once all get one.
 *
 * @param id  what it is to be, where it is made
 * @throws NodeJS.ErrnoException
 */
export function ensureDataDirectoryId(path: string, id = newDataDirectoryId()): string {
  const known = dataDirectoryId(path);
  if (known !== undefined) return known;
  const draft = draftOfMark(path, id);
  try {
    linkSync(draft, join(path, dataDirectoryMark));
  } catch {
    // Somebody else was faster, or what stands there is no id.
    if (dataDirectoryId(path) === undefined) renameSync(draft, join(path, dataDirectoryMark));
  } finally {
    rmSync(draft, { force: true });
  }
  return dataDirectoryId(path) ?? '';
}

/** For a copy of a data directory, which is one of its own from now on. @throws NodeJS.ErrnoException */
export function renewDataDirectoryId(path: string): string {
  renameSync(draftOfMark(path, newDataDirectoryId()), join(path, dataDirectoryMark));
  return dataDirectoryId(path) ?? '';
}

function draftOfMark(path: string, id: string): string {
  const draft = join(path, `${dataDirectoryMark}.${id}`);
  writeFileSync(draft, `${id}\n`, { mode: 0o600 });
  return draft;
}

/** Whether a directory holds the state of a server, of this one or of any other: nothing of it belongs into a source. */
export function isServerState(path: string): boolean {
  if (existsSync(join(path, workspacesMark)) || dataDirectoryId(path) !== undefined) return true;
  // Made before there was a mark.
  return ['admin-token', 'executor', 'artifacts', 'seals'].every((name) =>
    existsSync(join(path, name)),
  );
}
