import { execFile } from 'node:child_process';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '#libs/kernel';
import { gitArguments, gitEnvironment } from './git-command.ts';

const run = promisify(execFile);

/** Left out where there is no git to say what is ignored. */
const neverTaken: ReadonlySet<string> = new Set(['.git', '.millrace', 'node_modules']);

const listBytesMax = 256 * 1024 * 1024;

/**
 * The files of a working tree as they are now, sorted by name: in a git repository what is tracked or untracked and not
 * ignored (deleted files and submodules left out); elsewhere everything but .git, .millrace and node_modules.
 *
 * @returns names relative to `directory`, `/` between parts
 * @throws Fault `source.invalid`
 */
export async function listWorkingTree(directory: string): Promise<readonly string[]> {
  const names = (await listByGit(directory)) ?? (await listAll(directory));
  return [...new Set(names)].filter((name) => !name.split('/').includes('.millrace')).sort();
}

async function listByGit(directory: string): Promise<readonly string[] | undefined> {
  const isInside = await git(directory, ['rev-parse', '--is-inside-work-tree']).then(
    (words) => words.trim() === 'true',
    () => false,
  );
  if (!isInside) return undefined;
  const text = await git(directory, [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--',
    '.',
  ]).catch((cause: unknown) => {
    throw new Fault('source.invalid', 'never', `git cannot list the files of ${directory}`, {
      cause,
    });
  });
  const kept: string[] = [];
  for (const name of text.split('\u0000')) {
    if (name === '') continue;
    const found = await lstat(join(directory, name)).catch(() => undefined);
    // Deleted in the working tree, or a submodule's directory.
    if (found && !found.isDirectory()) kept.push(name);
  }
  return kept;
}

async function git(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...gitArguments, '-C', directory, ...args], {
    env: gitEnvironment({ readsUserSettings: true }),
    maxBuffer: listBytesMax,
  });
  return stdout;
}

async function listAll(directory: string): Promise<readonly string[]> {
  const names: string[] = [];
  const open = [''];
  for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
    for (const entry of await readdir(join(directory, inside), { withFileTypes: true })) {
      if (neverTaken.has(entry.name)) continue;
      const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) open.push(name);
      else names.push(name);
    }
  }
  return names;
}
