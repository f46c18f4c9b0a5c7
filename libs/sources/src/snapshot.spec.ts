import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { checkSnapshot } from './check-snapshot.ts';
import { extractSnapshot } from './extract-snapshot.ts';
import { snapshotWorkingTree } from './snapshot-working-tree.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-sources-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const never = new AbortController().signal;

function git(...args: readonly string[]): void {
  execFileSync(
    'git',
    ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', join(root, 'tree'), ...args],
    { stdio: 'ignore' },
  );
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, 'tree', name, '..'), { recursive: true });
    writeFileSync(join(root, 'tree', name), text);
  }
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function roundTrip(): Promise<string> {
  const target = join(root, 'copy');
  await extractSnapshot((await snapshotWorkingTree(join(root, 'tree'))).stream, target, never);
  return target;
}

describe('a working tree', () => {
  it('comes along as it is: dirty, modes, links, odd names; ignored and deleted files do not', async () => {
    write({
      'a.txt': 'committed',
      'gone.txt': 'x',
      '.gitignore': 'ignored\n',
      'dir/deep/b.sh': '#!/bin/sh\n',
    });
    git('init', '--quiet');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'one');
    write({ 'a.txt': 'dirty', ignored: 'x', 'new file ü\nline': 'untracked', empty: '' });
    rmSync(join(root, 'tree/gone.txt'));
    chmodSync(join(root, 'tree/dir/deep/b.sh'), 0o755);
    symlinkSync('dir/deep', join(root, 'tree/link'));
    const copy = await roundTrip();
    expect(readFileSync(join(copy, 'a.txt'), 'utf8')).toBe('dirty');
    expect(readFileSync(join(copy, 'new file ü\nline'), 'utf8')).toBe('untracked');
    expect(statSync(join(copy, 'dir/deep/b.sh')).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(copy, 'link'))).toBe('dir/deep');
    for (const name of ['ignored', 'gone.txt', '.git', '.millrace'])
      expect(existsSync(join(copy, name)), name).toBe(false);
  });

  it('works without git, and gives the same bytes for the same tree', async () => {
    write({ 'b/c': '1', a: '2', 'node_modules/x': '3', '.millrace/admin-token': 'secret' });
    const first = await bytesOf((await snapshotWorkingTree(join(root, 'tree'))).stream);
    const second = await bytesOf((await snapshotWorkingTree(join(root, 'tree'))).stream);
    expect(first.equals(second)).toBe(true);
    const copy = await roundTrip();
    expect([
      existsSync(join(copy, 'b/c')),
      existsSync(join(copy, 'node_modules')),
      existsSync(join(copy, '.millrace')),
    ]).toEqual([true, false, false]);
  });

  it('leaves out links that leave the tree, and says so', async () => {
    write({ a: '1' });
    symlinkSync('/etc/passwd', join(root, 'tree/absolute'));
    symlinkSync('../../outside', join(root, 'tree/outside'));
    const snapshot = await snapshotWorkingTree(join(root, 'tree'));
    await bytesOf(snapshot.stream);
    expect(snapshot.leftOut).toEqual([
      'absolute: a link with an absolute target',
      'outside: a link that leaves the tree',
    ]);
  });

  it('carries a file larger than one piece', async () => {
    write({ big: 'x'.repeat(5_000_000) });
    expect(statSync(join(await roundTrip(), 'big')).size).toBe(5_000_000);
  });
});

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

function tarOf(...entries: readonly Entry[]): Readable {
  const tar = pack();
  for (const { text, ...header } of entries) tar.entry({ type: 'file', ...header }, text ?? '');
  tar.finalize();
  return Readable.from(tar as unknown as AsyncIterable<Uint8Array>, { objectMode: false });
}

describe('a hostile tar', () => {
  const hostile: readonly (readonly [string, readonly Entry[]])[] = [
    ['an absolute name', [{ name: '/etc/x' }]],
    ['a parent', [{ name: '../x' }]],
    ['a parent inside', [{ name: 'a/../../x' }]],
    ['a dot', [{ name: './x' }]],
    ['an empty part', [{ name: 'a//x' }]],
    ['a .git file', [{ name: '.git/hooks/post-checkout', text: 'x' }]],
    ['a link with an absolute target', [{ name: 'l', type: 'symlink', linkname: '/etc/passwd' }]],
    ['a link that leaves', [{ name: 'a/l', type: 'symlink', linkname: '../../x' }]],
    ['a link without a target', [{ name: 'l', type: 'symlink', linkname: '' }]],
    [
      'a file through a link',
      [
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'l/x', text: '1' },
      ],
    ],
    [
      'a file over a link',
      [
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'l', text: '1' },
      ],
    ],
    [
      'a link over a file',
      [
        { name: 'l', text: '1' },
        { name: 'l', type: 'symlink', linkname: 'd' },
      ],
    ],
    [
      'the same file twice',
      [
        { name: 'a', text: '1' },
        { name: 'a', text: '2' },
      ],
    ],
    [
      'a file below a file',
      [
        { name: 'a', text: '1' },
        { name: 'a/b', text: '2' },
      ],
    ],
    ['a hard link', [{ name: 'h', type: 'link', linkname: '/etc/passwd' }]],
    ['a device', [{ name: 'd', type: 'character-device' }]],
    ['a FIFO', [{ name: 'f', type: 'fifo' }]],
    ['a long part', [{ name: 'x'.repeat(300) }]],
    ['a long name', [{ name: Array.from({ length: 600 }, () => 'directory').join('/') }]],
  ];

  it.each(hostile)('with %s is refused at upload', async (_, entries) => {
    await expect(checkSnapshot(tarOf(...entries))).rejects.toMatchObject({
      code: 'source.invalid',
    });
  });

  it.each(hostile)('with %s leaves nothing behind', async (_, entries) => {
    const target = join(root, 'inside', 'target');
    mkdirSync(join(root, 'inside'));
    await expect(
      extractSnapshot(tarOf({ name: 'ok', text: '1' }, ...entries), target, never),
    ).rejects.toBeInstanceOf(Fault);
    expect(
      execFileSync('find', [join(root, 'inside'), '-mindepth', '1'], { encoding: 'utf8' }),
    ).toBe('');
  });

  it('that is no tar is refused', async () => {
    await expect(checkSnapshot(Readable.from([Buffer.alloc(2000, 7)]))).rejects.toMatchObject({
      code: 'source.invalid',
    });
  });

  it('that is cut is refused', async () => {
    const whole = await bytesOf(tarOf({ name: 'a', text: 'x'.repeat(3000) }));
    await expect(checkSnapshot(Readable.from([whole.subarray(0, 1500)]))).rejects.toMatchObject({
      code: 'source.invalid',
    });
  });

  it('drops set-uid bits', async () => {
    const target = join(root, 'target');
    await extractSnapshot(tarOf({ name: 'a', mode: 0o6755, text: '1' }), target, never);
    expect(statSync(join(target, 'a')).mode & 0o7777).toBe(0o755);
  });
});
