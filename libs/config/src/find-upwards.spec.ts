import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takesRoot } from '#libs/testkit';
import { findUpwards } from './find-upwards.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-upwards-'));
  mkdirSync(join(root, 'home/project/deep/er'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (...parts: readonly string[]) => join(root, ...parts);
const user = process.geteuid?.() ?? 0;
const find = (from: string, home: string | undefined = at('home')) =>
  findUpwards('wanted', { from: at(from), home, user });

describe('what is looked for upwards', () => {
  it('is the nearest one', () => {
    writeFileSync(at('home/project/wanted'), '');
    expect(find('home/project/deep/er').path).toBe(at('home/project/wanted'));
    writeFileSync(at('home/project/deep/wanted'), '');
    expect(find('home/project/deep/er').path).toBe(at('home/project/deep/wanted'));
    expect(find('home/project/deep').path).toBe(at('home/project/deep/wanted'));
  });

  it.each(['directory', 'file'])(
    'is not looked for above the top of a repository (.git is a %s)',
    (kind) => {
      writeFileSync(at('home/project/wanted'), '');
      if (kind === 'file') writeFileSync(at('home/project/deep/.git'), 'gitdir: /elsewhere');
      else mkdirSync(at('home/project/deep/.git'));
      expect(find('home/project/deep/er').path).toBeUndefined();
      writeFileSync(at('home/project/deep/wanted'), '');
      expect(find('home/project/deep/er').path).toBe(at('home/project/deep/wanted'));
    },
  );

  it('is not all of HOME, but for one who works there or keeps a repository there', () => {
    writeFileSync(at('home/wanted'), '');
    writeFileSync(at('wanted'), '');
    expect(find('home/project').path).toBeUndefined();
    expect(find('home').path).toBe(at('home/wanted'));
    mkdirSync(at('home/.git'));
    expect(find('home/project').path).toBe(at('home/wanted'));
    rmSync(at('home/wanted'));
    expect(find('home/project').path).toBeUndefined();
  });

  it('is found outside of HOME, too', () => {
    writeFileSync(at('home/project/wanted'), '');
    expect(find('home/project/deep', at('elsewhere')).path).toBe(at('home/project/wanted'));
    expect(find('home/project/deep', undefined).path).toBe(at('home/project/wanted'));
  });

  it('is not looked for in or above a directory that others may write in', () => {
    writeFileSync(at('home/project/wanted'), '');
    chmodSync(at('home/project'), 0o777);
    expect(find('home/project/deep').path).toBeUndefined();
    expect(find('home/project').path).toBe(at('home/project/wanted'));
    chmodSync(at('home/project/deep'), 0o1777);
    expect(find('home/project/deep/er').path).toBeUndefined();
  });

  it('counts from where a link really leads', () => {
    writeFileSync(at('home/project/wanted'), '');
    symlinkSync(at('home/project/deep'), at('link'));
    expect(find('link').path).toBe(at('home/project/wanted'));
  });

  it.runIf(takesRoot)('is not another user’s, nor what lies beyond', () => {
    writeFileSync(at('home/wanted'), '');
    mkdirSync(at('home/.git'));
    writeFileSync(at('home/project/wanted'), '');
    chownSync(at('home/project/wanted'), 1234, 1234);
    expect(find('home/project/deep')).toEqual({
      path: undefined,
      refused: at('home/project/wanted'),
    });
    expect(find('home/project').path).toBe(at('home/project/wanted'));
    rmSync(at('home/project/wanted'));
    chownSync(at('home/project'), 1234, 1234);
    expect(find('home/project/deep').path).toBeUndefined();
  });
});
