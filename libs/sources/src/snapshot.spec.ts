import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { asNobody, gitIn } from '#libs/testkit';
import { checkSnapshot } from './check-snapshot.ts';
import { extractSnapshot } from './extract-snapshot.ts';
import { plainTar } from './plain-tar.ts';
import { snapshotWorkingTree } from './snapshot-working-tree.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-sources-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const never = new AbortController().signal;

const git = (...args: readonly string[]) => gitIn(join(root, 'tree'), ...args);

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
  await extractSnapshot((await snapshotWorkingTree(join(root, 'tree'))).stream, target, {
    abort: never,
  });
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
    for (const name of ['ignored', 'gone.txt', '.millrace'])
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

  describe.each([true, false])('with git: %s', (isRepository) => {
    const takenOf = async (dataDir?: string) => {
      const options = dataDir === undefined ? {} : { dataDir: join(root, dataDir) };
      const { stream } = await snapshotWorkingTree(join(root, 'tree'), options);
      const copy = join(root, 'copy');
      await extractSnapshot(stream, copy, { abort: never });
      return (readdirSync(copy, { recursive: true, encoding: 'utf8' }) as string[])
        .filter((name) => statSync(join(copy, name)).isFile())
        .sort();
    };
    const state = { 'admin-token': 'secret', 'pg/base/1': 'rows' };
    const below = (directory: string, files: Readonly<Record<string, string>>) =>
      write(
        Object.fromEntries(Object.entries(files).map(([k, v]) => [join(directory, k), v] as const)),
      );
    beforeEach(() => {
      write({ a: '1', 'deep/b': '2' });
      if (isRepository) git('init', '--quiet');
    });

    it.each([
      ['of any name', 'ci-state', 'tree/ci-state'],
      ['nested', 'deep/er/state', 'tree/deep/er/state'],
      ['reached by a link', 'deep/state', 'link'],
    ])('never takes the data directory %s', async (_, place, dataDir) => {
      below(place, state);
      symlinkSync(join(root, 'tree/deep/state'), join(root, 'link'));
      if (isRepository) git('add', '-A', '-f');
      expect(await takenOf(dataDir)).toEqual(['a', 'deep/b']);
    });

    it('never takes the state of another server', async () => {
      below('other', { ...state, 'data-directory-id': `${crypto.randomUUID()}\n` });
      below('deep/older', { ...state, 'executor/id': 'x', 'artifacts/x': 'x', 'seals/x': 'x' });
      below('spaces', { '.data-directory': '/x', 'run/file': 'x' });
      // Of this name, and nothing else of a data directory.
      below('deep', { 'data-directory-id': 'of something else' });
      expect(await takenOf()).toEqual(['a', 'deep/b', 'deep/data-directory-id']);
    });

    it.each(['tree', '.'])(
      'refuses a tree that is or lies in the data directory %s',
      async (at) => {
        await expect(takenOf(at)).rejects.toMatchObject({ code: 'source.invalid' });
      },
    );
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

  it('notes what has no place in it: submodules, other repositories, names that are not UTF-8', async () => {
    write({ a: '1', 'inner/b': '2' });
    git('init', '--quiet');
    execFileSync('git', ['init', '--quiet', join(root, 'tree/inner')]);
    writeFileSync(Buffer.from(`${root}/tree/caf\xe9`, 'latin1'), 'x');
    writeFileSync(join(root, 'tree/.gitignore'), 'dropped\n');
    const snapshot = await snapshotWorkingTree(join(root, 'tree'));
    await bytesOf(snapshot.stream);
    expect(snapshot.leftOut).toEqual([
      'caf\ufffd: a name that is not UTF-8',
      'inner/: another repository',
    ]);
    expect(snapshot.files).toBe(2);
  });

  it('leaves out links that only together leave the tree', async () => {
    write({ 'a/b/c': '1' });
    symlinkSync('../..', join(root, 'tree/a/b/up'));
    symlinkSync('a/b/up/../x', join(root, 'tree/out'));
    const snapshot = await snapshotWorkingTree(join(root, 'tree'));
    expect(await checkSnapshot(snapshot.stream)).toBe(2);
    expect(snapshot.leftOut).toEqual(['out: a link that goes up from another link']);
  });

  it('takes a part of a repository as a tree of its own', async () => {
    write({ top: '1', 'part/a': '2', 'part/skip': '3', '.gitignore': 'skip\n' });
    git('init', '--quiet');
    const { stream, files } = await snapshotWorkingTree(join(root, 'tree/part'));
    expect([files, await checkSnapshot(stream)]).toEqual([1, 1]);
  });

  it('takes what a tracked directory or file has become', async () => {
    write({ 'dir/a': '1', 'dir/b': '2', 'other/a': '3', file: '4', 'flat/x': '5', 'kept/k': '6' });
    git('init', '--quiet');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'one');
    for (const name of ['dir', 'file', 'flat'])
      rmSync(join(root, 'tree', name), { recursive: true });
    symlinkSync('other', join(root, 'tree/dir'));
    write({ 'file/now': '7', flat: '8' });
    const { stream, leftOut } = await snapshotWorkingTree(join(root, 'tree'));
    const copy = join(root, 'copy');
    await extractSnapshot(stream, copy, { abort: never });
    expect(leftOut).toEqual([]);
    expect(readlinkSync(join(copy, 'dir'))).toBe('other');
    expect(readFileSync(join(copy, 'dir/a'), 'utf8')).toBe('3');
    expect(readFileSync(join(copy, 'file/now'), 'utf8')).toBe('7');
    expect(readFileSync(join(copy, 'flat'), 'utf8')).toBe('8');
    expect(readFileSync(join(copy, 'kept/k'), 'utf8')).toBe('6');
  });

  it.each([true, false])(
    'names pipes, sockets and what cannot be read, with git: %s',
    async (is) => {
      write({ a: '1', secret: '2', pipe: '3', 'closed/x': '4' });
      if (is) {
        git('init', '--quiet');
        git('add', 'a', 'secret', 'pipe');
      }
      rmSync(join(root, 'tree/pipe'));
      execFileSync('mkfifo', [join(root, 'tree/pipe')]);
      chmodSync(join(root, 'tree/secret'), 0);
      chmodSync(join(root, 'tree/closed'), 0);
      const { files, leftOut } = await asNobody(join(root, 'tree'), () =>
        snapshotWorkingTree(join(root, 'tree')),
      );
      chmodSync(join(root, 'tree/closed'), 0o755);
      expect(files).toBe(1);
      expect([...leftOut].sort()).toEqual([
        expect.stringMatching(/^closed: .*(EACCES|denied)/),
        'pipe: not a regular file',
        'secret: it cannot be read (EACCES)',
      ]);
    },
  );

  it('names pipes that git does not list, but for ignored ones and those in ignored directories', async () => {
    write({ '.gitignore': '*.sock\nbuild/\n', 'deep/a': '1', 'build/b': '2', c: '3' });
    git('init', '--quiet');
    git('add', 'deep/a', 'c');
    rmSync(join(root, 'tree/c'));
    for (const name of ['top', 'c', 'an.sock', 'deep/er', 'build/pipe', 'deep/ü "x"'])
      execFileSync('mkfifo', [join(root, 'tree', name)]);
    const { files, leftOut } = await snapshotWorkingTree(join(root, 'tree'));
    expect(files).toBe(2);
    expect([...leftOut].sort()).toEqual(
      ['c', 'deep/er', 'deep/ü "x"', 'top'].map((name) => `${name}: not a regular file`),
    );
    const inside = await snapshotWorkingTree(join(root, 'tree/deep'));
    expect([...inside.leftOut].sort()).toEqual(
      ['er', 'ü "x"'].map((name) => `${name}: not a regular file`),
    );
  });

  it('that a repository around it ignores as a whole is taken all the same, and that is said', async () => {
    write({ '.gitignore': '*\n', 'project/a': '1', 'project/deep/b': '2' });
    git('init', '--quiet');
    const { files, leftOut } = await snapshotWorkingTree(join(root, 'tree/project'));
    expect(files).toBe(2);
    expect(leftOut).toEqual([expect.stringMatching(/ignores all of it, so all is taken$/)]);
  });

  it('finds git by the caller’s PATH, and never takes everything of a repository without it', async () => {
    write({ a: '1', '.gitignore': 'ignored\n', ignored: 'secret' });
    git('init', '--quiet');
    const bin = join(root, 'bin');
    mkdirSync(bin);
    const own = process.env.PATH ?? '';
    try {
      writeFileSync(
        join(bin, 'git'),
        `#!/bin/sh\necho x >> ${root}/used\nexec /usr/bin/git "$@"\n`,
      );
      chmodSync(join(bin, 'git'), 0o755);
      process.env.PATH = `${bin}:${own}`;
      expect((await snapshotWorkingTree(join(root, 'tree'))).files).toBe(2);
      expect(existsSync(join(root, 'used'))).toBe(true);
      writeFileSync(join(bin, 'git'), '#!/bin/sh\necho "fatal: cannot do it" >&2; exit 128\n');
      await expect(snapshotWorkingTree(join(root, 'tree'))).rejects.toMatchObject({
        code: 'source.invalid',
        message: expect.stringContaining('cannot do it'),
      });
    } finally {
      process.env.PATH = own;
    }
    // One that git does not take for a repository is none the less no plain directory.
    rmSync(join(root, 'tree/.git/HEAD'));
    await expect(snapshotWorkingTree(join(root, 'tree'))).rejects.toMatchObject({
      code: 'source.invalid',
    });
  });

  it('keeps times to the second', async () => {
    write({ a: '1' });
    utimesSync(join(root, 'tree/a'), 1_700_000_000.7, 1_700_000_000.7);
    expect(statSync(join(await roundTrip(), 'a')).mtimeMs).toBe(1_700_000_000_000);
  });

  it('says which file was taken away while it was read', async () => {
    write({ a: 'x'.repeat(2_000_000), b: '1' });
    const { stream } = await snapshotWorkingTree(join(root, 'tree'));
    rmSync(join(root, 'tree/b'));
    await expect(bytesOf(stream)).rejects.toMatchObject({
      code: 'source.invalid',
      message: expect.stringContaining('cannot read "b"'),
    });
  });

  it('carries hundreds of files', async () => {
    for (let at = 0; at < 600; at += 1) write({ [`d${at % 100}/f${at}`]: `${at}` });
    const copy = await roundTrip();
    expect(readFileSync(join(copy, 'd99/f599'), 'utf8')).toBe('599');
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

describe('a tar as people write it', () => {
  beforeEach(() => {
    write({ a: '1', 'deep/b': '2' });
    chmodSync(join(root, 'tree/a'), 0o755);
    execFileSync('ln', [join(root, 'tree/a'), join(root, 'tree/deep/same')]);
  });
  const tarOfTree = () => execFileSync('tar', ['-C', join(root, 'tree'), '-cf', '-', '.']);

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('is taken: tar -C DIRECTORY -cf - . (%s)', async (_, pressed) => {
    const bytes = pressed(tarOfTree());
    const plain = () => Readable.from(plainTar(Readable.from([bytes])), { objectMode: false });
    expect(await checkSnapshot(plain())).toBeGreaterThanOrEqual(3);
    await extractSnapshot(plain(), join(root, 'copy'), { abort: never });
    expect(readFileSync(join(root, 'copy/deep/b'), 'utf8')).toBe('2');
    for (const name of ['a', 'deep/same'])
      expect(statSync(join(root, 'copy', name)).mode & 0o777).toBe(0o755);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('cut off in %s is refused as that', async (name, pressed) => {
    const bytes = pressed(tarOfTree());
    const half = Readable.from([bytes.subarray(0, 3), bytes.subarray(3, bytes.length / 2)]);
    const reading = bytesOf(Readable.from(plainTar(half), { objectMode: false }));
    await expect(reading).rejects.toThrow(`not a whole ${name} file`);
  });

  it('whose sender breaks off says so', async () => {
    async function* half() {
      yield gzipSync(tarOfTree()).subarray(0, 60);
      throw new Error('the line went dead');
    }
    const reading = bytesOf(Readable.from(plainTar(Readable.from(half()))));
    await expect(reading).rejects.toThrow('the line went dead');
  });
});

describe('a hostile tar', () => {
  const hostile: readonly (readonly [string, readonly Entry[]])[] = [
    ['an absolute name', [{ name: '/etc/x' }]],
    ['a parent', [{ name: '../x' }]],
    ['a parent inside', [{ name: 'a/../../x' }]],
    ['a dot inside', [{ name: 'a/./x' }]],
    ['a parent behind a dot', [{ name: './../x' }]],
    ['an absolute name behind dots', [{ name: '././/../x' }]],
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
    [
      'a file over a directory that a name implies',
      [
        { name: 'a/b', text: '1' },
        { name: 'a', text: '2' },
      ],
    ],
    [
      'a link over a directory',
      [
        { name: 'a/b', text: '1' },
        { name: 'a', type: 'symlink', linkname: 'x' },
      ],
    ],
    [
      'a directory over a link',
      [
        { name: 'a', type: 'symlink', linkname: 'x' },
        { name: 'a/', type: 'directory' },
      ],
    ],
    [
      'a directory over a file',
      [
        { name: 'a', text: '1' },
        { name: 'a/', type: 'directory' },
      ],
    ],
    [
      'a directory below a link',
      [
        { name: 'a', type: 'symlink', linkname: 'x' },
        { name: 'a/b/', type: 'directory' },
      ],
    ],
    [
      'the same link twice',
      [
        { name: 'a', type: 'symlink', linkname: 'x' },
        { name: 'a', type: 'symlink', linkname: 'y' },
      ],
    ],
    [
      'links that leave together',
      [
        { name: 'a/b/up', type: 'symlink', linkname: '../..' },
        { name: 'out', type: 'symlink', linkname: 'a/b/up/../etc/passwd' },
      ],
    ],
    ['a link that leaves late', [{ name: 'l', type: 'symlink', linkname: 'a/b/../../../x' }]],
    ['a link with NUL', [{ name: 'l', type: 'symlink', linkname: 'a', pax: { linkpath: 'x\0y' } }]],
    ['NUL in its long name', [{ name: 'a', pax: { path: 'x\0y' } }]],
    ['another name behind the short one', [{ name: 'a', pax: { path: '../../x' } }]],
    [
      'a target behind the short one',
      [{ name: 'l', type: 'symlink', linkname: 'a', pax: { linkpath: '/etc' } }],
    ],
    ['a negative size', [{ name: 'a', text: '1', pax: { size: '-5' } }]],
    ['a size that is none', [{ name: 'a', text: '1', pax: { size: 'x' } }]],
    ['a .git in capitals', [{ name: '.GIT/config', text: 'x' }]],
    [
      'a hard link to a file that comes later',
      [
        { name: 'h', type: 'link', linkname: 'a' },
        { name: 'a', text: '1' },
      ],
    ],
    [
      'a hard link to a link',
      [
        { name: 'a', type: 'symlink', linkname: 'b' },
        { name: 'h', type: 'link', linkname: 'a' },
      ],
    ],
    ['a block device', [{ name: 'd', type: 'block-device' }]],
    ['a contiguous file', [{ name: 'c', type: 'contiguous-file' }]],
    ['too deep a name', [{ name: Array.from({ length: 300 }, () => 'd').join('/') }]],
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
      extractSnapshot(tarOf({ name: 'ok', text: '1' }, ...entries), target, { abort: never }),
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

  it.each([
    ['of nothing', (_: Buffer) => Buffer.alloc(0)],
    ['with garbage behind it', (tar: Buffer) => Buffer.concat([tar, Buffer.alloc(700, 65)])],
    ['with a wrong checksum', (tar: Buffer) => changed(tar, 0, 'z')],
    ['with a size below zero', (tar: Buffer) => summed(changed(tar, 124, '\xff'.repeat(12)))],
    ['with a size beyond its end', (tar: Buffer) => summed(changed(tar, 124, '77777777777\0'))],
    ['with a name that is not UTF-8', (tar: Buffer) => summed(changed(tar, 0, '\xe9'))],
    ['of an unknown kind', (tar: Buffer) => summed(changed(tar, 156, 'S'))],
    ['that is compressed', (tar: Buffer) => gzipSync(tar)],
  ])('%s is refused at upload and at extraction', async (_, spoil) => {
    const tar = spoil(await bytesOf(tarOf({ name: 'a', text: '1' })));
    await expect(checkSnapshot(Readable.from([tar]))).rejects.toMatchObject({
      code: 'source.invalid',
    });
    await expect(
      extractSnapshot(Readable.from([tar]), join(root, 'target'), { abort: never }),
    ).rejects.toMatchObject({ code: 'source.invalid' });
    expect(readdirSync(root)).toEqual([]);
  });

  it.each(['\xff'.repeat(12), `\x80${'\xff'.repeat(11)}`, '77777777777\0'])(
    'may tell nonsense about time',
    async (mtime) => {
      const tar = await bytesOf(tarOf({ name: 'a', text: '1' }));
      const target = join(root, 'target');
      await extractSnapshot(Readable.from([summed(changed(tar, 136, mtime))]), target, {
        abort: never,
      });
      expect(readFileSync(join(target, 'a'), 'utf8')).toBe('1');
    },
  );

  it.each([100, 600, 1_100])(
    'whose stream breaks after %i bytes gives that error on',
    async (length) => {
      const tar = await bytesOf(tarOf({ name: 'a', text: '1' }));
      const broken = () =>
        Readable.from(
          (async function* () {
            yield tar.subarray(0, length);
            throw new Fault('blob.corrupt', 'never', 'the disk lies');
          })(),
        );
      await expect(checkSnapshot(broken())).rejects.toMatchObject({ code: 'blob.corrupt' });
      await expect(
        extractSnapshot(broken(), join(root, 'target'), { abort: never }),
      ).rejects.toMatchObject({
        code: 'blob.corrupt',
      });
      expect(readdirSync(root)).toEqual([]);
    },
  );

  it('leaves nothing when it is aborted, and closes its stream', async () => {
    const abort = new AbortController();
    const tar = await bytesOf(tarOf({ name: 'a', text: '1' }, { name: 'b', text: '2' }));
    const stream = Readable.from(
      (async function* () {
        yield tar.subarray(0, 1024);
        abort.abort(new Error('enough'));
        yield tar.subarray(1024);
      })(),
    );
    await expect(
      extractSnapshot(stream, join(root, 'target'), { abort: abort.signal }),
    ).rejects.toThrow('enough');
    expect(stream.destroyed).toBe(true);
    expect(readdirSync(root)).toEqual([]);
  });

  it('closes the stream where it cannot begin', async () => {
    const stream = tarOf({ name: 'a', text: '1' });
    const target = join(root, 'no', 'such', 'place');
    await expect(extractSnapshot(stream, target, { abort: never })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    expect(stream.destroyed).toBe(true);
  });

  it('drops set-uid bits', async () => {
    const target = join(root, 'target');
    await extractSnapshot(tarOf({ name: 'a', mode: 0o6755, text: '1' }), target, { abort: never });
    expect(statSync(join(target, 'a')).mode & 0o7777).toBe(0o755);
  });
});

function changed(tar: Buffer, at: number, text: string): Buffer {
  const copy = Buffer.from(tar);
  copy.write(text, at, 'latin1');
  return copy;
}

/** With the checksum of its first header set right. */
function summed(tar: Buffer): Buffer {
  tar.fill(' ', 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  return changed(tar, 148, `${sum.toString(8).padStart(6, '0')}\0 `);
}
