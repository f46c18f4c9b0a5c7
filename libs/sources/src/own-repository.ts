import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { trimEndOf } from '#libs/kernel';
import { wordsOf } from './user-git.ts';

/**
 * Why the history that a tree's `.git` leads to is not the tree's own; undefined if it is.
 *
 * Whoever made an unpacked archive may have made its `.git`, too, and have it lead to another repository of the user,
 * whose history would then go where the tree goes. So what lies outside of the tree has to name the tree, as git has it
 * in a worktree and in a submodule, and objects are no links. Alternates (`git clone --shared`) name nothing back: they
 * lend objects but no refs, so a commit of theirs is reached by its hash alone. They are taken from the same owner.
 *
 * @param top  of the working tree, its real path
 */
export async function foreignProblem(top: string): Promise<string | undefined> {
  const dotGit = join(top, '.git');
  const kind = await lstat(dotGit).catch(() => undefined);
  if (!kind?.isFile() && !kind?.isDirectory()) return '.git is a link, or is elsewhere';
  const gitDir = kind.isFile() ? await pathIn(dotGit, { base: top, start: 'gitdir: ' }) : dotGit;
  if (gitDir === undefined) return '.git leads nowhere';
  const common = await pathIn(join(gitDir, 'commondir'), { base: gitDir });
  const isOwn =
    common === undefined
      ? kind.isDirectory() || (await isModuleOf(gitDir, top))
      : await isWorktreeOf({ gitDir, common, dotGit });
  if (!isOwn)
    return `.git leads to ${gitDir}, which does not name this tree (its core.worktree would)`;
  return objectsProblem(common ?? gitDir);
}

/** A path that a file holds, without links; undefined if either is not there. */
async function pathIn(
  file: string,
  { base, start = '' }: { readonly base: string; readonly start?: string },
): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '' || !text.startsWith(start)) return undefined;
  return real(resolve(base, trimEndOf(text.slice(start.length), '\r\n')));
}

const real = (path: string) => realpath(path).catch(() => undefined);

async function isModuleOf(gitDir: string, top: string): Promise<boolean> {
  const file = join(gitDir, 'config');
  const named = await wordsOf(top, ['config', '--file', file, 'core.worktree']);
  return named !== undefined && (await real(resolve(gitDir, named))) === top;
}

interface Worktree {
  readonly gitDir: string;
  readonly common: string;
  readonly dotGit: string;
}

/** The repository has to have it among its worktrees: a directory of the archive's could name any. */
async function isWorktreeOf({ gitDir, common, dotGit }: Worktree): Promise<boolean> {
  if (dirname(gitDir) !== join(common, 'worktrees')) return false;
  const named = await pathIn(join(gitDir, 'gitdir'), { base: gitDir });
  return named !== undefined && named === (await real(dotGit));
}

async function objectsProblem(common: string): Promise<string | undefined> {
  const objects = join(common, 'objects');
  for (const path of ['objects', 'objects/pack', 'objects/info', 'refs'])
    if ((await lstat(join(common, path)).catch(() => undefined))?.isSymbolicLink())
      return `.git/${path} is a link`;
  for (const path of [objects, join(objects, 'pack'), join(objects, 'info')]) {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    const link = entries.find((entry) => entry.isSymbolicLink());
    if (link) return `${join(path, link.name)} is a link`;
  }
  const lent = await readFile(join(objects, 'info', 'alternates'), 'utf8').catch(() => '');
  const owner = (await lstat(objects).catch(() => undefined))?.uid;
  for (const line of lent.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const found = await lstat((await real(resolve(objects, line))) ?? '').catch(() => undefined);
    if (found && found.uid !== owner) return `it borrows objects of another user: ${line}`;
  }
  return undefined;
}
