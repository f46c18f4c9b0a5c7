import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

it('makes what is missing for the owner alone, and ends where that cannot be', () => {
  const base = mkdtempSync(join(tmpdir(), 'millrace-directory-'));
  makeDirectory(join(base, 'a/b/c'));
  makeDirectory(join(base, 'a/b/c'));
  expect(statSync(join(base, 'a')).mode & 0o777).toBe(0o700);
  writeFileSync(join(base, 'file'), '');
  expect(() => makeDirectory(join(base, 'file/under'))).toThrow(/ENOTDIR/);
  // Node's own recursive mkdir never returns from here.
  expect(() => makeDirectory('/proc/millrace/state')).toThrow(/ENOENT/);
  rmSync(base, { recursive: true });
});
