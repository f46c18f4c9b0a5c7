import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asNobody, mayMount, takesRoot } from '#libs/testkit';
import { unmountBelow } from './left-mounts.ts';
import { type LeftTree, TreeRemover } from './remove-tree.ts';

let root: string;
let tree: string;
let left: LeftTree[];
let remover: TreeRemover;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-remove-'));
  tree = join(root, 'tree');
  left = [];
  remover = new TreeRemover(join(root, 'trash'), (each) => left.push(each));
});
afterEach(async () => {
  await unmountBelow(root);
  await rm(root, { recursive: true, force: true });
});

async function expectNothingLeft() {
  expect(await readdir(root)).toEqual(['trash']);
  expect(await readdir(join(root, 'trash'))).toEqual([]);
  expect(left).toEqual([]);
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
    await asNobody(root, () => remover.remove(tree));
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

  it('takes away what a step put in the place of the trash', async () => {
    await mkdir(join(root, 'outside'));
    await symlink(join(root, 'outside'), join(root, 'trash'));
    await mkdir(join(tree, 'dir'), { recursive: true });
    await remover.remove(tree);
    expect(await readdir(join(root, 'outside'))).toEqual([]);
    await rmdir(join(root, 'outside'));
    await expectNothingLeft();
  });

  it('opens the trash again that a step has shut', async () => {
    await mkdir(join(root, 'trash'));
    await mkdir(tree);
    await chmod(join(root, 'trash'), 0);
    await remover.remove(tree);
    expect((await lstat(join(root, 'trash'))).mode & 0o777).toBe(0o700);
    await expectNothingLeft();
  });

  it('finishes what an earlier process began', async () => {
    await mkdir(join(root, 'trash', 'left', 'over'), { recursive: true });
    await writeFile(join(root, 'trash', 'file'), '');
    await remover.empty();
    await expectNothingLeft();
    expect((await lstat(join(root, 'trash'))).isDirectory()).toBe(true);
  });
});

/** Somebody else: what is his a user has no power over, nor has root without its capabilities. */
const stranger = 12_345;
const powerless = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];

/**
 * Removes without power over what belongs to the stranger.
 * @returns what was reported, and how often the file system was asked to change something
 */
function removePowerlessly(times: number) {
  const script = `
    import promises from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    let calls = 0;
    for (const name of ['chmod', 'rename', 'rmdir', 'unlink']) {
      const real = promises[name];
      promises[name] = (...args) => { calls += 1; return real(...args); };
    }
    syncBuiltinESMExports();
    const { TreeRemover } = await import(${JSON.stringify(join(import.meta.dirname, 'remove-tree.ts'))});
    const left = [];
    const remover = new TreeRemover(${JSON.stringify(join(root, 'trash'))}, (each) => left.push(each));
    await remover.remove(${JSON.stringify(tree)});
    for (let times = 1; times < ${times}; times += 1) await remover.empty();
    console.log(JSON.stringify({ left, calls }));`;
  const flags = ['--conditions=source', '--input-type=module'];
  const [program = '', ...words] = [...powerless, process.execPath, ...flags, '-e', script];
  const options = { cwd: import.meta.dirname, encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(program, words, options);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { readonly left: LeftTree[]; readonly calls: number };
}

describe.runIf(takesRoot)('what cannot be removed', () => {
  it('stays in the trash with nothing else of its tree, is reported once, and goes when it can', async () => {
    await mkdir(join(tree, 'own', 'foreign', 'inner'), { recursive: true });
    await mkdir(join(tree, 'beside', 'it'), { recursive: true });
    await writeFile(join(tree, 'own', 'foreign', 'file'), '');
    await writeFile(join(tree, 'beside', 'file'), '');
    for (const path of ['foreign', 'foreign/inner', 'foreign/file'])
      await chown(join(tree, 'own', path), stranger, stranger);
    const [report, ...more] = removePowerlessly(3).left;
    expect(more).toEqual([]);
    expect(report).toMatchObject({ path: tree, count: 1, reason: /EACCES/ });
    expect(await readdir(root)).toEqual(['trash']);
    expect(await readdir(report?.left ?? '')).toEqual(['foreign']);
    await remover.empty();
    await expectNothingLeft();
  });

  it('costs little where it is very much', async () => {
    await mkdir(join(tree, 'foreign'), { recursive: true });
    for (let count = 0; count < 3_000; count += 1)
      await mkdir(join(tree, 'foreign', `${count}`, 'inner'), { recursive: true });
    execFileSync('chown', ['-R', `${stranger}`, join(tree, 'foreign')]);
    const { left, calls } = removePowerlessly(2);
    expect(left).toMatchObject([{ count: 1 }]);
    // The top resists, so nothing of the thousands below it is tried by itself.
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(100);
  });
});

describe.runIf(mayMount())('what a step left mounted', () => {
  const isMounted = (path: string) => spawnSync('/usr/bin/mountpoint', ['-q', path]).status === 0;

  it('is unmounted, and not emptied', async () => {
    const outside = join(root, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'precious'), 'text');
    await mkdir(join(tree, 'dir', 'with blank'), { recursive: true });
    execFileSync('mount', ['--bind', outside, join(tree, 'dir', 'with blank')]);
    await remover.remove(tree);
    expect(await readFile(join(outside, 'precious'), 'utf8')).toBe('text');
    await rm(outside, { recursive: true });
    await expectNothingLeft();
  });

  it('is unmounted where it hides the tree, lies on another one, and is in use', async () => {
    await mkdir(tree);
    for (const path of [tree, join(tree, 'inner'), join(tree, 'inner')]) {
      await mkdir(path, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', 'none', path]);
    }
    const user = spawn('sleep', ['60'], { cwd: join(tree, 'inner') });
    try {
      await remover.remove(tree);
      await expectNothingLeft();
    } finally {
      user.kill('SIGKILL');
    }
  });

  it('is left alone where it is mounted elsewhere, and a link leads there', async () => {
    const outside = join(root, 'outside');
    await mkdir(outside);
    execFileSync('mount', ['-t', 'tmpfs', 'none', outside]);
    try {
      await mkdir(tree);
      await symlink(outside, join(tree, 'link'));
      await remover.remove(tree);
      expect(isMounted(outside)).toBe(true);
    } finally {
      execFileSync('umount', [outside]);
    }
    await rmdir(outside);
    await expectNothingLeft();
  });

  /** In mounts of its own, with a directory that shares its mounts, as a machine under systemd has them. */
  function removeShared(mounts: string) {
    const script = `
      set -e
      mkdir -p host; mount -t tmpfs none host
      mkdir host/sub; mount -t tmpfs none host/sub; echo text > host/sub/precious
      mount --make-rshared host
      mkdir -p tree/dir; ${mounts}
      exec "$NODE" --conditions=source --input-type=module -e "$REMOVE" >&2`;
    const remove = `
      import { readdirSync, readFileSync } from 'node:fs';
      import { TreeRemover } from ${JSON.stringify(join(import.meta.dirname, 'remove-tree.ts'))};
      const remover = new TreeRemover('${root}/trash', (each) => console.error(each));
      await remover.remove('${root}/tree');
      console.error(readFileSync('${root}/host/sub/precious', 'utf8').trim());
      console.error(String(readdirSync('${root}')), readdirSync('${root}/trash').length);`;
    const { stderr } = spawnSync('/usr/bin/unshare', ['-m', 'sh', '-c', script], {
      cwd: root,
      env: { PATH: process.env.PATH, NODE: process.execPath, REMOVE: remove },
      encoding: 'utf8',
    });
    return stderr;
  }

  it.each([
    ['its mounts', 'mount --rbind host tree/dir'],
    ['its mounts under another one', 'mount --rbind host tree/dir; mount -t tmpfs none tree'],
    ['one of its mounts', 'mkdir tree/dir/sub; mount --bind host/sub tree/dir/sub'],
  ])('of the machine is unmounted there alone: %s', async (_, mounts) => {
    expect(removeShared(mounts)).toBe('text\nhost,trash 0\n');
    await rm(join(root, 'host'), { recursive: true });
  });

  it('stays if it hides a directory of the machine, which it would be unmounted from as well', () => {
    const mounts = 'mount --bind host tree/dir; mount -t tmpfs -o size=1m none host';
    const said = removeShared(
      `mkdir host/keep; ${mounts}; mkdir -p host/sub; echo text > host/sub/precious`,
    );
    expect(said).toMatch(/cannot be unmounted.*\ntext\nhost,trash 1\n$/s);
  });
});
