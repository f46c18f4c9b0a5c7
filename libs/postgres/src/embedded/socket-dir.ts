import { chownSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '#libs/kernel';
import type { Launcher } from './launcher.ts';

/** 107 bytes are allowed; the server puts `/.s.PGSQL.5432.lock` behind it. */
const socketDirBytesMax = 107 - '/.s.PGSQL.5432.lock'.length;

/** A fresh folder that only this user (and the server's own, where it has one) can enter. */
export function makeSocketDir(launcher: Launcher): string {
  const name = 'millrace-';
  const fits = (dir: string) =>
    Buffer.byteLength(join(dir, name)) + 'XXXXXX'.length <= socketDirBytesMax;
  const parent = [tmpdir(), '/tmp'].find((dir) => fits(dir) && existsSync(dir));
  if (parent === undefined) {
    throw new Fault('postgres.start-failed', 'never', `${tmpdir()} is too long for a socket`);
  }
  const dir = mkdtempSync(join(parent, name));
  if (launcher.user !== undefined) chownSync(dir, launcher.user.uid, launcher.user.gid);
  return dir;
}
