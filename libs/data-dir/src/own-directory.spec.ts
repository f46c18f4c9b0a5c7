import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takesRoot } from '#libs/testkit';
import { openOwnDirectory } from './own-directory.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-own-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a directory of one user', () => {
  it('is opened where nobody else can enter it', () => {
    const own = openOwnDirectory(dir);
    writeFileSync(own.at('file'), 'ours');
    own.close();
    own.close();
    chmodSync(dir, 0o2700);
    openOwnDirectory(dir).close();
  });

  it.each([0o755, 0o750, 0o701, 0o720])('is refused with mode %o, and the reason', (mode) => {
    chmodSync(dir, mode);
    expect(() => openOwnDirectory(dir)).toThrow(
      expect.objectContaining({
        code: 'data-dir.not-private',
        message: `${dir} has mode ${mode.toString(8)}, so that others can enter it; chmod 700 makes it private`,
      }),
    );
  });

  it.runIf(takesRoot)('is refused where another user owns it', () => {
    chownSync(dir, 12345, 12345);
    expect(() => openOwnDirectory(dir)).toThrow(
      expect.objectContaining({
        code: 'data-dir.not-private',
        message: `${dir} belongs to user 12345, and this process is user 0`,
      }),
    );
  });

  it('notices that it was removed, or that another stands in its place', () => {
    const own = openOwnDirectory(dir);
    expect(own.isInPlace()).toBe(true);
    rmSync(dir, { recursive: true });
    expect(own.isInPlace()).toBe(false);
    mkdirSync(dir, { mode: 0o700 });
    expect(own.isInPlace()).toBe(false);
    own.close();
  });

  it('says that there is none', () => {
    expect(() => openOwnDirectory(join(dir, 'none'))).toThrow(/ENOENT/);
    writeFileSync(join(dir, 'file'), '');
    expect(() => openOwnDirectory(join(dir, 'file'))).toThrow(/ENOTDIR/);
  });

  it('has paths that fit a socket, however long its own is', () => {
    const long = join(dir, 'a'.repeat(120), 'b'.repeat(120));
    mkdirSync(long, { recursive: true, mode: 0o700 });
    const own = openOwnDirectory(long);
    try {
      expect(own.at('api.sock').length).toBeLessThanOrEqual(107);
    } finally {
      own.close();
    }
  });
});
