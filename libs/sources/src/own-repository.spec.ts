import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn, takesRoot } from '#libs/testkit';
import { snapshotWorkingTree } from './snapshot-working-tree.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-own-')));
  mkdirSync(join(root, 'private'));
  git('private', 'init', '--quiet', '-b', 'main');
  git('private', 'commit', '--quiet', '--allow-empty', '-m', 's3cret');
  mkdirSync(join(root, 'tree'));
  writeFileSync(join(root, 'tree/file'), '1');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (directory: string, ...args: readonly string[]) =>
  gitIn(join(root, directory), ...args);

async function take(name = 'tree') {
  const { stream, commit, warnings } = await snapshotWorkingTree(join(root, name));
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return { commit, warnings, text: Buffer.concat(chunks).toString('latin1') };
}

/** A repository of the archive's own, whose parts lead elsewhere. */
function makeOwn(): void {
  cpSync(join(root, 'private'), join(root, 'tree'), { recursive: true });
}

const gitFile = (path: string) => writeFileSync(join(root, 'tree/.git'), `gitdir: ${path}\n`);

describe('the history of another repository stays where it is', () => {
  it.each([
    ['a file that leads to it', () => gitFile('../private/.git')],
    ['a link to it', () => symlinkSync('../private/.git', join(root, 'tree/.git'))],
    [
      'a commondir',
      () => {
        mkdirSync(join(root, 'tree/.git'));
        writeFileSync(join(root, 'tree/.git/HEAD'), 'ref: refs/heads/main\n');
        writeFileSync(join(root, 'tree/.git/commondir'), '../../private/.git\n');
      },
    ],
    [
      'a worktree made up in the tree',
      () => {
        mkdirSync(join(root, 'tree/made/worktrees/up'), { recursive: true });
        const made = join(root, 'tree/made/worktrees/up');
        gitFile('made/worktrees/up');
        writeFileSync(join(made, 'HEAD'), 'ref: refs/heads/main\n');
        writeFileSync(join(made, 'gitdir'), `${join(root, 'tree/.git')}\n`);
        writeFileSync(join(made, 'commondir'), `${join(root, 'private/.git')}\n`);
      },
    ],
    [
      'objects that are a link',
      () => {
        makeOwn();
        rmSync(join(root, 'tree/.git/objects'), { recursive: true });
        symlinkSync('../../private/.git/objects', join(root, 'tree/.git/objects'));
      },
    ],
    [
      'a link among the objects',
      () => {
        makeOwn();
        rmSync(join(root, 'tree/.git/objects/pack'), { recursive: true });
        symlinkSync('../../../private/.git/objects/pack', join(root, 'tree/.git/objects/pack'));
      },
    ],
    [
      'alternates that are a link',
      () => {
        makeOwn();
        mkdirSync(join(root, 'tree/.git/objects/info'), { recursive: true });
        symlinkSync('/dev/null', join(root, 'tree/.git/objects/info/alternates'));
      },
    ],
  ])('%s', async (_, make) => {
    make();
    const { commit, warnings, text } = await take();
    expect(commit).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^steps get files without git: .*\.git/)]);
    expect(text).not.toContain('millrace.json');
  });

  it('of which the tree says it is a part', async () => {
    gitFile('../private/.git');
    mkdirSync(join(root, 'tree/part'));
    writeFileSync(join(root, 'tree/part/file'), '1');
    const { commit, text } = await take('tree/part');
    expect(commit).toBeUndefined();
    expect(text).not.toContain('s3cret');
  });

  it('which a directory that a clone brings poses as, without any .git', async () => {
    git('tree', 'init', '--quiet');
    git('tree', 'commit', '--quiet', '--allow-empty', '-m', 'honest');
    cpSync(join(root, 'private/.git'), join(root, 'tree/part'), { recursive: true });
    git('tree', 'config', '--file', 'part/config', 'core.worktree', '..');
    await expect(take('tree/part')).rejects.toMatchObject({
      code: 'source.invalid',
      message: expect.stringMatching(/cannot use bare repository/),
    });
  });

  it.runIf(takesRoot)('whose objects another user lends', async () => {
    makeOwn();
    chownSync(join(root, 'private/.git/objects'), 12_345, 12_345);
    mkdirSync(join(root, 'tree/.git/objects/info'), { recursive: true });
    const lent = `${join(root, 'private/.git/objects')}\n`;
    writeFileSync(join(root, 'tree/.git/objects/info/alternates'), lent);
    const { warnings } = await take();
    expect(warnings).toEqual([expect.stringContaining('objects of another user')]);
  });
});

describe('a history of its own comes along', () => {
  it.each([
    ['in a worktree', () => git('private', 'worktree', 'add', '--quiet', '-b', 'x', '../own')],
    ['in a clone that borrows', () => git('.', 'clone', '--quiet', '--shared', 'private', 'own')],
    [
      'in a submodule',
      () => {
        mkdirSync(join(root, 'outer'));
        git('outer', 'init', '--quiet');
        git('outer', 'submodule', '--quiet', 'add', '../private', 'own');
        symlinkSync('outer/own', join(root, 'own'));
      },
    ],
    ['where it was moved', () => renameSync(join(root, 'private'), join(root, 'own'))],
  ])('%s', async (_, make) => {
    make();
    writeFileSync(join(root, 'own/file'), '1');
    const { commit, warnings } = await take('own');
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(warnings).toEqual([]);
  });
});
