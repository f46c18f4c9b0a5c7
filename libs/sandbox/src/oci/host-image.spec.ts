import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareHostImage } from './host-image.ts';

describe('the host image', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-image-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('shows the userland, and nothing that holds secrets', () => {
    const { directories, etc } = prepareHostImage(dir);
    expect(directories).toContain('/usr');
    const shown = [...directories, ...etc];
    for (const path of ['/', '/root', '/home', '/opt', '/srv', '/var', '/boot', '/run', '/etc'])
      expect(shown).not.toContain(path);
    // Private keys lie below these.
    for (const path of ['/etc/ssl', '/etc/pki']) expect(shown).not.toContain(path);
  });

  it('has a place for every system directory: a link like the machine’s, or a mount point', () => {
    const { directories } = prepareHostImage(dir);
    for (const name of ['bin', 'lib'])
      expect(lstatSync(join(dir, name)).isSymbolicLink()).toBe(!directories.includes(`/${name}`));
  });

  it('knows no user of the machine', () => {
    prepareHostImage(dir);
    const users = readFileSync(join(dir, 'etc/passwd'), 'utf8').trim().split('\n');
    expect(
      users
        .map((line) => line.split(':')[0])
        .every((name) => /^(root|step|nobody)$/.test(name ?? '')),
    ).toBe(true);
    expect(readdirSync(join(dir, 'etc'))).not.toContain('shadow');
  });

  it('may be prepared again over what is there', () => {
    expect(prepareHostImage(dir)).toEqual(prepareHostImage(dir));
  });
});
