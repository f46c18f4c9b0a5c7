import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from '#libs/kernel';
import type { Launcher } from './launcher.ts';
import { readRecord, recordFileOf } from './server-record.ts';

/** A socket's path may have 107 bytes, and the server appends `/.s.PGSQL.5432.lock`. */
const socketDirBytesMax = 107 - '/.s.PGSQL.5432.lock'.length;

/**
 * The directories with the sockets of all of this user's servers, those of other data directories included. Steps must not
 * see them: a socket can be reached through a read-only mount, too.
 */
export function socketPlaces(): readonly string[] {
  const name = `millrace-db-${process.getuid?.() ?? 0}`;
  return [...new Set([tmpdir(), '/tmp'])].map((parent) => join(parent, name));
}

/**
 * The `socketDirectories` that a server of the data directory has or would have, without starting one. A server that a killed
 * process has left keeps its socket, which may be elsewhere.
 */
export function foreseeSocketDirectories(dataDir: string): readonly string[] {
  const left = readRecord(recordFileOf(dataDir))?.socketDir;
  return [...(left === undefined ? [] : [left]), ...socketPlaces()];
}

/**
 * Makes a folder that only this user, and the server's own user if it has one, can enter.
 *
 * @throws Fault `postgres.start-failed` if its place belongs to another user, or its path is too long
 */
export function makeSocketDir(launcher: Launcher): string {
  const fits = (place: string) => Buffer.byteLength(`${place}/XXXXXX`) <= socketDirBytesMax;
  const place = socketPlaces().find((each) => fits(each) && existsSync(join(each, '..')));
  if (place === undefined) {
    throw new Fault('postgres.start-failed', 'never', `${tmpdir()} is too long for a socket`);
  }
  openPlace(place);
  const dir = mkdtempSync(`${place}/`);
  if (launcher.user !== undefined) chownSync(dir, launcher.user.uid, launcher.user.gid);
  return dir;
}

/**
 * Makes a folder again under its old name, where pools look for the server: many machines remove old files below /tmp.
 *
 * @throws Fault `postgres.start-failed`
 */
export function keepSocketDir(launcher: Launcher, dir: string): void {
  if (existsSync(dir)) return;
  openPlace(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
  if (launcher.user !== undefined) chownSync(dir, launcher.user.uid, launcher.user.gid);
}

/** Removes a recorded folder, but only if it is in a place for this user's sockets: the record may say anything. */
export function removeSocketDir(dir: string): void {
  const place = dirname(dir);
  if (!socketPlaces().includes(place) || !isOwnDirectory(place)) return;
  if (lstatSync(dir, { throwIfNoEntry: false })?.isDirectory())
    rmSync(dir, { recursive: true, force: true });
}

function isOwnDirectory(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

/** Checks a directory below /tmp, where any user may have made that name. */
function openPlace(place: string): void {
  mkdirSync(place, { recursive: true, mode: 0o711 });
  if (!isOwnDirectory(place)) {
    throw new Fault(
      'postgres.start-failed',
      'never',
      `${place} is not a directory of this user: remove it, or set TMPDIR to another directory`,
    );
  }
  // The server's own user passes through it by name; no other user may write in it or list it.
  chmodSync(place, 0o711);
}
