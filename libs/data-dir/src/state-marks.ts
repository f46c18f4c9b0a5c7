import { randomUUID } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file in a data directory that says that it is one, and holds its id. */
export const dataDirectoryMark = 'data-directory-id';

/** The file in a directory of workspaces that says whose they are. */
export const workspacesMark = '.data-directory';

/** The directory in a directory of workspaces where lies what is being removed, and what cannot be removed. */
export const workspacesTrash = '.trash';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n?$/;

/** The id of a data directory, or undefined where there is none. */
export function dataDirectoryId(path: string): string | undefined {
  try {
    const text = readFileSync(join(path, dataDirectoryMark), 'utf8');
    return uuid.test(text) ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The id of a data directory, made where there is none yet; of several processes that do so at once all get one.
 *
 * @throws NodeJS.ErrnoException
 */
export function ensureDataDirectoryId(path: string): string {
  const known = dataDirectoryId(path);
  if (known !== undefined) return known;
  const draft = draftOfMark(path);
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
  renameSync(draftOfMark(path), join(path, dataDirectoryMark));
  return dataDirectoryId(path) ?? '';
}

function draftOfMark(path: string): string {
  const id = randomUUID();
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
