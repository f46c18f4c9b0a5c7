import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isUuid } from '#libs/kernel';
import { dataDirectoryId, ensureDataDirectoryId, renewDataDirectoryId } from './state-marks.ts';

let root = '';
const mark = () => join(root, 'data-directory-id');
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-marks-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('the id of a data directory', () => {
  it('is a uuid that stays, until it is renewed', () => {
    const id = ensureDataDirectoryId(root);
    expect(isUuid(id)).toBe(true);
    expect([ensureDataDirectoryId(root), dataDirectoryId(root)]).toEqual([id, id]);
    const next = renewDataDirectoryId(root);
    expect([isUuid(next), next === id, dataDirectoryId(root)]).toEqual([true, false, next]);
    expect(readdirSync(root)).toEqual(['data-directory-id']);
  });

  it.each(['', '.', '../x', 'x'.repeat(36)])('is never %j, and no path is made of that', (id) => {
    expect(() => ensureDataDirectoryId(root, id)).toThrow('is a uuid');
    expect(readdirSync(root)).toEqual([]);
  });

  it.each([
    ['nothing is', () => {}],
    ['another text is', () => writeFileSync(mark(), '../x\n')],
    ['a directory is', () => mkdirSync(mark())],
    ['a link is', () => symlinkSync('/etc/hostname', mark())],
    ['a pipe is', () => execFileSync('mkfifo', [mark()])],
  ])('is not there where %s in its place', (_, make) => {
    make();
    expect(dataDirectoryId(root)).toBeUndefined();
  });

  it('is not taken for missing where a read fails', () => {
    ensureDataDirectoryId(root);
    const program = `
      import { openSync } from 'node:fs';
      import { dataDirectoryId } from ${JSON.stringify(join(import.meta.dirname, 'state-marks.ts'))};
      try { for (;;) openSync('/dev/null'); } catch {}
      let answer;
      try { answer = String(dataDirectoryId(process.argv[1])); } catch (error) { answer = error.code + ' ' + error.message; }
      process._rawDebug(answer);`;
    const node = `exec "$0" --conditions=source --input-type=module -e "$1" "$2" 2>&1`;
    const argv = ['-c', `ulimit -n 64; ${node}`, process.execPath, program, root];
    expect(execFileSync('bash', argv, { encoding: 'utf8' })).toBe(
      `data-dir.not-writable ${mark()} cannot be read (EMFILE)\n`,
    );
  });
});
