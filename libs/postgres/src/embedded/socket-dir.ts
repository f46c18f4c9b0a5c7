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

/** 107 bytes are allowed; the server puts `/.s.PGSQL.5432.lock` behind it. */
const socketDirBytesMax = 107 - '/.s.PGSQL.5432.lock'.length;

/**
 * Where the sockets of all of this user's servers lie, those of other data directories included: whoever must not reach
 * them is kept from these. A socket is reached through a read-only mount, too.
 */
export function socketPlaces(): readonly string[] {
  const name = `millrace-db-${process.getuid?.() ?? 0}`;
  return [...new Set([tmpdir(), '/tmp'])].map((parent) => join(parent, name));
}

/**
 * What the `socketDirectories` of a data directory's server are, or would be, for those who only want to know: one that was
 * left by a killed process is taken over with its socket.
 */
export function foreseeSocketDirectories(dataDir: string): readonly string[] {
  const left = readRecord(recordFileOf(dataDir))?.socketDir;
  return [...(left === undefined ? [] : [left]), ...socketPlaces()];
}

/**
 * A fresh folder that only this user (and the server's own, where it has one) can enter.
 *
 * @throws Fault `postgres.start-failed` where its place belongs to somebody else, or its path is too long
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
 * Makes a folder that was there before anew, under its name: pools look for the server there. Something clears away what is
 * old below /tmp on many machines.
 *
 * @throws Fault `postgres.start-failed`
 */
export function keepSocketDir(launcher: Launcher, dir: string): void {
  if (existsSync(dir)) return;
  openPlace(dirname(dir));
  mkdirSync(dir, { mode: 0o700 });
  if (launcher.user !== undefined) chownSync(dir, launcher.user.uid, launcher.user.gid);
}

/** Whatever a record says: nothing goes but a folder in a place of this user's sockets. */
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

/** Anybody may have made this name in a directory that is everybody's. */
function openPlace(place: string): void {
  mkdirSync(place, { recursive: true, mode: 0o711 });
  if (!isOwnDirectory(place)) {
    throw new Fault(
      'postgres.start-failed',
      'never',
      `${place} is not a directory of this user: remove it, or set TMPDIR to another directory`,
    );
  }
  // The server's own user goes through it by name; nobody else may write in it or list it.
  chmodSync(place, 0o711);
}
