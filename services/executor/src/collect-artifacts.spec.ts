import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlobStore } from '#libs/blobs';
import { sha256Hex } from '#libs/kernel';
import { MemoryBlobStore } from '#libs/testkit';
import { collectArtifacts } from './collect-artifacts.ts';

let root: string;
let workspaceDir: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-artifacts-'));
  workspaceDir = join(root, 'workspace');
  await mkdir(workspaceDir);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text = path): Promise<void> {
  await mkdir(join(workspaceDir, path, '..'), { recursive: true });
  await writeFile(join(workspaceDir, path), text);
}

function collect(
  patterns: readonly string[],
  given: { bytesMax?: number; blobs?: Pick<BlobStore, 'put'>; abort?: AbortSignal } = {},
) {
  return collectArtifacts({
    workspaceDir,
    patterns,
    blobs: given.blobs ?? new MemoryBlobStore(),
    bytesMax: given.bytesMax ?? 1024 * 1024,
    abort: given.abort ?? new AbortController().signal,
  });
}

async function names(...patterns: string[]): Promise<string[]> {
  return (await collect(patterns)).artifacts.map(({ name }) => name);
}

describe('collecting artifacts', () => {
  it('stores what the patterns name, once, in order', async () => {
    await put('dist/b.txt');
    await put('dist/a/c.txt');
    await put('dist/.hidden');
    await put('other.txt');
    const blobs = new MemoryBlobStore();
    const { artifacts, warnings } = await collect(['dist/**', 'dist/*.txt', 'other.txt'], {
      blobs,
    });
    expect(warnings).toEqual([]);
    expect(artifacts.map(({ name }) => name)).toEqual(['dist/a/c.txt', 'dist/b.txt', 'other.txt']);
    const [first] = artifacts;
    expect(first).toEqual({
      name: 'dist/a/c.txt',
      size: 12,
      sha256: sha256Hex('dist/a/c.txt'),
    });
    expect(await blobs.has(first?.sha256 ?? '')).toBe(true);
  });

  it('takes a directory with all that is in it', async () => {
    await put('dist/.hidden');
    await put('dist/a/b');
    expect(await names('dist/')).toEqual(['dist/.hidden', 'dist/a/b']);
  });

  it('takes classes and braces, and leaves out what ! names, wherever it stands', async () => {
    for (const name of [
      'a.js',
      'b.css',
      'c.map',
      'tmp/x.js',
      '.cache/d.map',
      'log-7.txt',
      'log-x.txt',
    ])
      await put(`dist/${name}`);
    expect(
      await names('!**/*.map', 'dist/**/*.{js,map}', 'dist/log-[0-9].txt', '!dist/tmp'),
    ).toEqual(['dist/a.js', 'dist/log-7.txt']);
    expect(await names('dist', '!**/*.{js,map,txt}')).toEqual(['dist/b.css']);
    expect((await collect(['dist/a.js', '!nope'])).warnings).toEqual([]);
  });

  it('gives the turn away between names, so that the executor can speak meanwhile', async () => {
    for (let at = 0; at < 200; at += 1) await put(`many/${at}`, '');
    let turns = 0;
    let isOver = false;
    const count = () => {
      if (isOver) return;
      turns += 1;
      setImmediate(count);
    };
    await collect(['nothing/*']);
    setImmediate(count);
    // Names that nothing takes cost no reading, so nothing else would give the turn away.
    await collect(['many/x*']);
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('says what is no pattern', async () => {
    await put('a[b');
    expect((await collect(['a[b', 'a\\[b'])).warnings).toEqual([
      'artifacts: a[b is no pattern ("[" is not closed; write \\[ for the character itself): ignored',
    ]);
  });

  it('says what is missing and what leaves the workspace', async () => {
    await put('empty/x');
    const { artifacts, warnings } = await collect(['nope/*.xml', '../up', '/etc/passwd']);
    expect(artifacts).toEqual([]);
    expect(warnings).toEqual([
      'artifacts: ../up leaves the workspace: ignored',
      'artifacts: /etc/passwd leaves the workspace: ignored',
      'artifacts: nothing matches nope/*.xml',
    ]);
  });

  it('follows no link: to a file, to a directory, in the middle of a path, to itself', async () => {
    await mkdir(join(root, 'outside'));
    await writeFile(join(root, 'outside', 'secret'), 'secret');
    await symlink(join(root, 'outside', 'secret'), join(workspaceDir, 'file'));
    await symlink(join(root, 'outside'), join(workspaceDir, 'dir'));
    await symlink('.', join(workspaceDir, 'self'));
    const { artifacts, warnings } = await collect(['file', 'dir', 'dir/secret', 'self/**', '**']);
    expect(artifacts).toEqual([]);
    expect(warnings.join('\n')).toContain('"file" is left out: it is no regular file');
  });

  it('does not follow a link that stands where the workspace was', async () => {
    await rm(workspaceDir, { recursive: true });
    await symlink('/etc', workspaceDir);
    const { artifacts, warnings } = await collect(['passwd']);
    expect(artifacts).toEqual([]);
    expect(warnings).toContain('artifacts: the workspace is no directory any more');
  });

  it('neither waits for a FIFO nor reads a device or a socket', async () => {
    execFileSync('/usr/bin/mkfifo', [join(workspaceDir, 'pipe')]);
    if (process.getuid?.() === 0) {
      execFileSync('mknod', [join(workspaceDir, 'zero'), 'c', '1', '5']);
    }
    await put('plain');
    expect(await names('*')).toEqual(['plain']);
  });

  it('takes a hard link for what it is: a regular file', async () => {
    await put('one', 'text');
    await link(join(workspaceDir, 'one'), join(workspaceDir, 'two'));
    expect(await names('*')).toEqual(['one', 'two']);
  });

  it('leaves out names that are no text, or that would move a terminal', async () => {
    const prefix = Buffer.from(`${workspaceDir}/`);
    await writeFile(Buffer.concat([prefix, Buffer.from([0x61, 0xff])]), 'x');
    await writeFile(join(workspaceDir, 'a\nb'), 'x');
    await writeFile(join(workspaceDir, 'ünï'), 'x');
    const { artifacts, warnings } = await collect(['*']);
    expect(artifacts.map(({ name }) => name)).toEqual(['ünï']);
    expect(warnings).toHaveLength(2);
  });

  it('stores no more of a growing file than it had when it was opened', async () => {
    await put('grows', 'x'.repeat(10));
    const blobs: Pick<BlobStore, 'put'> = {
      async put(bytes) {
        // What is appended while it is read does not come.
        await writeFile(join(workspaceDir, 'grows'), 'y'.repeat(1000), { flag: 'a' });
        let size = 0;
        for await (const chunk of bytes as Readable) size += (chunk as Buffer).length;
        return { sha256: '0'.repeat(64), size };
      },
    };
    expect((await collect(['grows'], { blobs })).artifacts[0]?.size).toBe(10);
  });

  it('leaves out what does not fit into the bytes, and takes what does', async () => {
    await put('a-large', 'x'.repeat(2_000));
    await put('b-small', 'x');
    const { artifacts, warnings, overLimit } = await collect(['*'], { bytesMax: 1_000 });
    expect(artifacts.map(({ name }) => name)).toEqual(['b-small']);
    expect(warnings).toEqual(['artifacts: a-large is left out: all artifacts may have 1000 bytes']);
    expect(overLimit).toBe('a-large is left out: all artifacts may have 1000 bytes');
  });

  it('takes 200 files, and fewer where their names are long', async () => {
    for (let at = 0; at < 210; at += 1) await put(`short/${at}`, '');
    const short = await collect(['short']);
    expect(short.artifacts).toHaveLength(200);
    expect(short.overLimit).toBe('more than 200 files: the rest is left out');
    const long = 'n'.repeat(200);
    for (let at = 0; at < 210; at += 1) await put(`${long}/${long}/${at}`, '');
    const { artifacts, warnings } = await collect([`${long}/**`]);
    expect(JSON.stringify(artifacts).length).toBeLessThan(48 * 1024);
    expect(warnings.at(-1)).toMatch(/the rest is left out/);
  });

  it('ends at a depth where descriptors would run out', async () => {
    await put(`${'d/'.repeat(100)}deep`);
    await put('flat');
    const { artifacts, warnings } = await collect(['**']);
    expect(artifacts.map(({ name }) => name)).toEqual(['flat']);
    expect(warnings.join()).toContain('directories deep');
  });

  it('says of each whether it can be run, and exceeds nothing by what is no file', async () => {
    await put('program');
    await put('text');
    await chmod(join(workspaceDir, 'program'), 0o754);
    await symlink('text', join(workspaceDir, 'link'));
    const { artifacts, overLimit } = await collect(['*']);
    expect(artifacts.map(({ name, executable }) => [name, executable])).toEqual([
      ['program', true],
      ['text', undefined],
    ]);
    expect(overLimit).toBeUndefined();
  });

  it('stops when it is told to', async () => {
    await put('a');
    const { artifacts } = await collect(['*'], { abort: AbortSignal.abort() });
    expect(artifacts).toEqual([]);
  });
});
