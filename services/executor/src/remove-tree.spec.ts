import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TreeRemover } from './remove-tree.ts';

let root: string;
let tree: string;
let remover: TreeRemover;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-remove-'));
  tree = join(root, 'tree');
  remover = new TreeRemover(join(root, 'trash'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function expectNothingLeft() {
  expect(await readdir(root)).toEqual(['trash']);
  expect(await readdir(join(root, 'trash'))).toEqual([]);
}

describe('removing a tree', () => {
  it('is content with nothing', async () => {
    await remover.remove(tree);
    await expectNothingLeft();
  });

  it('follows no link', async () => {
    const outside = join(root, '..', `${root.slice(root.lastIndexOf('/') + 1)}-outside`);
    await mkdir(outside);
    try {
      await writeFile(join(outside, 'precious'), 'text');
      await mkdir(tree);
      await symlink(outside, join(tree, 'dir'));
      await symlink(join(outside, 'precious'), join(tree, 'file'));
      await symlink('nowhere', join(tree, 'dangling'));
      await remover.remove(tree);
      await expectNothingLeft();
      await symlink(outside, tree);
      await remover.remove(tree);
      expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('text');
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('copes with directories without permissions, read-only files, FIFOs and odd names', async () => {
    await mkdir(join(tree, 'shut', 'inner'), { recursive: true });
    await writeFile(join(tree, 'shut', 'inner', 'file'), '', { mode: 0o400 });
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe, 0x0a])]), '');
    await mkdir(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xc3])]));
    execFileSync('/usr/bin/mkfifo', [join(tree, 'pipe')]);
    await chmod(join(tree, 'shut', 'inner'), 0);
    await chmod(join(tree, 'shut'), 0);
    await chmod(tree, 0o500);
    await remover.remove(tree);
    await expectNothingLeft();
  });

  it('reaches the bottom of 10,000 directories', async () => {
    await mkdir(tree);
    const digger = 'for (1..10000) { mkdir "d" or die; chdir "d" or die }';
    const dug = spawnSync('/usr/bin/perl', ['-e', digger], { cwd: tree });
    expect(dug.status).toBe(0);
    await remover.remove(tree);
    await expectNothingLeft();
  });

  it('empties large and wide trees, and those that resist in the middle', async () => {
    for (let dir = 0; dir < 30; dir += 1) {
      await mkdir(join(tree, `${dir}`, 'inner'), { recursive: true });
      for (let file = 0; file < 20; file += 1) await writeFile(join(tree, `${dir}`, `${file}`), '');
      await chmod(join(tree, `${dir}`), dir % 2 === 0 ? 0o700 : 0);
    }
    await remover.remove(tree);
    await expectNothingLeft();
  });

  it('takes immutable entries', async () => {
    await mkdir(join(tree, 'dir'), { recursive: true });
    await writeFile(join(tree, 'dir', 'file'), '');
    // Where the attribute cannot be set, these are plain entries.
    spawnSync('chattr', ['+i', join(tree, 'dir', 'file')]);
    spawnSync('chattr', ['+i', join(tree, 'dir')]);
    await remover.remove(tree);
    await expectNothingLeft();
  });

  it('finishes what an earlier life began', async () => {
    await mkdir(join(root, 'trash', 'left', 'over'), { recursive: true });
    await writeFile(join(root, 'trash', 'file'), '');
    await remover.empty();
    await expectNothingLeft();
    expect((await lstat(join(root, 'trash'))).isDirectory()).toBe(true);
  });
});
