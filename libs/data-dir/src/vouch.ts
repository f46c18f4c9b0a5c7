import { existsSync, lstatSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault, shellWord } from '#libs/kernel';
import { isTracked } from './is-tracked.ts';
import { makeDirectory } from './make-directory.ts';
import { openOwnDirectory } from './own-directory.ts';
import { isOwner, writeOwner } from './owner-mark.ts';
import { inFirstFitBase, isOfAnother } from './place-workspaces.ts';
import {
  dataDirectoryId,
  dataDirectoryMark,
  ensureDataDirectoryId,
  newDataDirectoryId,
  renewDataDirectoryId,
  stateDirectories,
  stateDirectory,
} from './state-marks.ts';
import { databaseNote } from './used-database.ts';
import {
  everyStateBase,
  makeOwn,
  nearestOfBase,
  requireOwn,
  type UserState,
  uidOf,
  userState,
} from './user-state.ts';

/**
 * What lies in a data directory is believed: programs are started by its settings, directories that it names are removed.
 * A repository or an archive can bring one along, with any content and any mode. So one counts as ours only if there is a record of it
 * in the user's state, which nothing that is cloned or unpacked reaches: a directory whose name is made of its id, which no
 * step sees, with a mark that says where it lies. It is written when we make the directory, or find it empty.
 */

/** Entries that are written, or started from, by a fixed name: a link in their place would lead elsewhere. */
const fixedNames: readonly string[] = [
  ...['logs', 'logs/steps', 'logs/server.log', 'logs/server.out', 'logs/postgres.log'],
  ...['pg', 'pg/cluster', 'pg/password', 'pg/server.json', 'pg/lib'],
  ...['executor', 'executor/workspaces-at', 'workspaces', 'artifacts', 'seals'],
  ...['admin-token', 'server.json', 'api.sock', '.gitignore', dataDirectoryMark, databaseNote],
];

/**
 * Makes a data directory ours if it is missing or empty.
 *
 * @throws Fault `data-dir.not-ours` if it came from elsewhere; `data-dir.not-private`; `workspaces.no-place` if there is
 *   nowhere to remember it
 * @throws NodeJS.ErrnoException if it cannot be made
 */
export function claimDataDirectory(path: string, user: UserState = userState()): void {
  const dataDir = resolve(path);
  const standing = foreseeClaim(dataDir, user);
  makeDirectory(dataDir);
  openOwnDirectory(dataDir).close();
  if (standing === 'empty') recordNew(realpathSync(dataDir), user);
  else refresh(realpathSync(dataDir), user);
}

/**
 * Refuses what `claimDataDirectory` would refuse. Nothing is made or remembered.
 *
 * @throws Fault `data-dir.not-ours`, `data-dir.not-private`
 */
export function foreseeClaim(path: string, user: UserState = userState()): 'empty' | 'ours' {
  const dataDir = resolve(path);
  if (isTracked(dataDir)) throw tracked(dataDir);
  const standing = standingOf(dataDir, user);
  if (standing === 'foreign') throw notOurs(dataDir);
  if (!existsSync(dataDir)) return standing;
  openOwnDirectory(dataDir).close();
  for (const name of fixedNames) {
    if (lstatSync(join(dataDir, name), { throwIfNoEntry: false })?.isSymbolicLink())
      throw new Fault(
        'data-dir.not-ours',
        'never',
        `${join(dataDir, name)} is a link, which nothing of ours is: remove it, or put there what it leads to`,
      );
  }
  return standing;
}

/**
 * For commands that only read: a data directory that is missing or empty holds nothing that could be believed.
 *
 * @throws Fault `data-dir.not-ours`; `data-dir.not-private` if another user owns it
 */
export function requireOurs(path: string, user: UserState = userState()): void {
  const dataDir = resolve(path);
  const isLink = lstatSync(dataDir, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (isLink && isTracked(dataDir)) throw tracked(dataDir);
  if (standingOf(dataDir, user) === 'foreign') throw notOurs(dataDir);
}

/**
 * The user's word that a directory is theirs, whatever brought it where it lies: moved, restored, made by an earlier version,
 * filled by hand. A copy of one that is still there gets an id of its own.
 *
 * @throws Fault `data-dir.not-ours` if git tracks it; `data-dir.not-private`; `workspaces.no-place`
 */
export function trustDataDirectory(path: string, user: UserState = userState()): void {
  if (standingOf(resolve(path), user) !== 'foreign') return;
  const dataDir = realpathSync(path);
  if (isTracked(dataDir)) throw tracked(dataDir);
  openOwnDirectory(dataDir).close();
  const known = ensureDataDirectoryId(dataDir);
  const isCopy = everyStateBase(user)
    .flatMap((base) => stateDirectories(base, known))
    .some((place) => isOfAnother(place, known, dataDir));
  record(isCopy ? renewDataDirectoryId(dataDir) : known, dataDir, user);
}

type Standing = 'empty' | 'ours' | 'foreign';

function standingOf(path: string, user: UserState): Standing {
  const owner = statSync(path, { throwIfNoEntry: false })?.uid;
  if (owner === undefined) return 'empty';
  // It throws, and names the owner.
  if (owner !== (process.geteuid?.() ?? owner)) openOwnDirectory(path).close();
  const dataDir = realpathSync(path);
  const id = dataDirectoryId(dataDir);
  if (id !== undefined && isRecorded(id, dataDir, user)) return 'ours';
  const names = readdirSync(dataDir).filter((name) => !isLeftWhereEmpty(name));
  if (names.length === 0) return 'empty';
  // Another process has claimed it between the two looks: the id is written first.
  if (id === undefined && dataDirectoryId(dataDir) !== undefined) return standingOf(path, user);
  return 'foreign';
}

/** Whether a directory counts as empty with this entry: `lost+found` of a file system, a draft of an id that a crash left. */
function isLeftWhereEmpty(name: string): boolean {
  return name === 'lost+found' || name.startsWith(`${dataDirectoryMark}.`);
}

function isRecorded(id: string, dataDir: string, user: UserState): boolean {
  const isRecordedIn = (base: string, place: string) => {
    try {
      nearestOfBase(base, user);
      for (const each of [base, place]) requireOwn(each, uidOf(user));
      return isOwner(place, dataDir);
    } catch {
      return false;
    }
  };
  return everyStateBase(user).some((base) =>
    stateDirectories(base, id).some((place) => isRecordedIn(base, place)),
  );
}

/** The record is written first: an id without one would lock us out of a directory that we have made. */
function recordNew(dataDir: string, user: UserState): void {
  const mine = newDataDirectoryId();
  const place = record(mine, dataDir, user);
  if (ensureDataDirectoryId(dataDir, mine) !== mine) rmSync(place, { recursive: true });
}

/** After a move it lies elsewhere, after a boot it may have another device, and the record may be under another HOME. */
function refresh(dataDir: string, user: UserState): void {
  const id = dataDirectoryId(dataDir);
  if (id !== undefined) record(id, dataDir, user);
}

/** Makes the record, where the workspaces will be. @returns its directory */
function record(id: string, path: string, user: UserState): string {
  return inFirstFitBase({ dataDir: path, ...user }, (base, dataDir) => {
    const place = stateDirectory(base, id);
    for (const each of [base, place]) makeOwn(each, uidOf(user));
    writeOwner(place, dataDir);
    return place;
  });
}

function notOurs(dataDir: string): Fault {
  return new Fault(
    'data-dir.not-ours',
    'never',
    `${dataDir} was not made here by this user, so nothing in it is believed: a repository or an archive may have brought it; if it is yours, say so once by MILLRACE_TRUST_DATA_DIR=${shellWord(dataDir)}`,
  );
}

function tracked(dataDir: string): Fault {
  return new Fault(
    'data-dir.not-ours',
    'never',
    `${dataDir} is in a git repository's index: what comes with a repository is nobody's state; take it out (git rm -r --cached), or give another --data-dir`,
  );
}
