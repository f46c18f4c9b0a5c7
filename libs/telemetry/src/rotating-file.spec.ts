import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RotatingFile } from './rotating-file.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-rotating-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const limits = { bytesMax: 10, keep: 2 };
const read = (name: string) => readFileSync(join(dir, name), 'utf8');

describe('a file that rotates', () => {
  it('is set aside before it becomes too large, and the oldest goes', () => {
    const file = new RotatingFile(join(dir, 'log'), limits);
    for (const word of ['one', 'two', 'three', 'four', 'five', 'six', 'seven'])
      file.write(`${word}\n`);
    expect(readdirSync(dir).sort()).toEqual(['log', 'log.1', 'log.2']);
    expect([read('log'), read('log.1'), read('log.2')]).toEqual([
      'six\nseven\n',
      'four\nfive\n',
      'three\n',
    ]);
  });

  it('goes on with what an earlier process wrote', () => {
    writeFileSync(join(dir, 'log'), 'earlier\n');
    const file = new RotatingFile(join(dir, 'log'), limits);
    file.write('a\n');
    file.write('b\n');
    expect([read('log'), read('log.1')]).toEqual(['b\n', 'earlier\na\n']);
  });

  it('takes a line that is larger than a whole file', () => {
    const file = new RotatingFile(join(dir, 'log'), limits);
    file.write('a line that is too long\n');
    expect(readdirSync(dir)).toEqual(['log']);
  });

  it('keeps what cannot be written for the next line', () => {
    writeFileSync(join(dir, 'in-the-way'), '');
    const file = new RotatingFile(join(dir, 'in-the-way', 'log'), limits);
    file.write('one\n');
    rmSync(join(dir, 'in-the-way'));
    file.write('two\n');
    expect(read('in-the-way/log')).toBe('one\ntwo\n');
  });
});
