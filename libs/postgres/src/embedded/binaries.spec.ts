import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findBinaries, makeLinks } from './binaries.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'binaries-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('finds programs that run', () => {
  const binaries = findBinaries(join(dir, 'links'));
  const said = execFileSync(binaries.postgres, ['--version'], { env: { ...binaries.env } });
  expect(said.toString()).toMatch(/^postgres \(PostgreSQL\) 18\./);
});

it('makes the links that the package lists, again and again', () => {
  packageWith('lib');
  for (const _ of [1, 2]) expect(makeLinks(join(dir, 'native'), join(dir, 'links'))).toEqual({});
  expect(readFileSync(join(dir, 'native', 'lib', 'libx.so.1'), 'utf8')).toBe('x');
});

it('makes them elsewhere where the package cannot be written', () => {
  // A folder that is not there stands for one that is read-only, which root would write in nevertheless.
  packageWith('lib');
  writeFileSync(
    join(dir, 'native', 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/gone/libx.so.1.2', target: 'native/gone/libx.so.1' }]),
  );
  const env = makeLinks(join(dir, 'native'), join(dir, 'links'));
  expect(Object.values(env)).toEqual([join(dir, 'links')]);
  expect(readlinkSync(join(dir, 'links', 'libx.so.1'))).toBe(
    join(dir, 'native', 'gone', 'libx.so.1.2'),
  );
});

function packageWith(lib: string): void {
  mkdirSync(join(dir, 'native', lib), { recursive: true });
  writeFileSync(join(dir, 'native', lib, 'libx.so.1.2'), 'x');
  writeFileSync(
    join(dir, 'native', 'pg-symlinks.json'),
    JSON.stringify([{ source: `native/${lib}/libx.so.1.2`, target: `native/${lib}/libx.so.1` }]),
  );
}
