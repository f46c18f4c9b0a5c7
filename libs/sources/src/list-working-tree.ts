import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from '#libs/kernel';
import { gitArguments, gitEnvironment } from './git-command.ts';
import type { ServerState } from './server-state.ts';

const run = promisify(execFile);

/** Left out where there is no git to say what is ignored. */
const neverTaken: ReadonlySet<string> = new Set(['.git', 'node_modules']);

const listBytesMax = 256 * 1024 * 1024;

/**
 * Names of a working tree, sorted: in a git repository what is tracked (also what was deleted since) or untracked and not
 * ignored, by the user's own ignore rules, too; elsewhere everything but .git and node_modules. Never the state of a server.
 * Directories that git does not look into, submodules and other repositories, are among the names.
 *
 * @returns names relative to `directory`, `/` between parts
 * @throws Fault `source.invalid`
 */
export async function listWorkingTree(
  directory: string,
  state: ServerState,
): Promise<readonly string[]> {
  const names = (await listByGit(directory)) ?? (await listAll(directory, state));
  return [...new Set(names)].filter((name) => !isState(name, state)).sort();
}

/** Directories, which end in a slash, may be state by themselves. */
function isState(name: string, state: ServerState): boolean {
  const above = posix.dirname(name);
  return (
    state.includes(above === '.' ? '' : above) ||
    posix.basename(name) === '.millrace' ||
    (name.endsWith('/') && state.includes(name.slice(0, -1)))
  );
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
  return text.split('\u0000').filter((name) => name !== '');
}

async function git(directory: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', [...gitArguments, '-C', directory, ...args], {
    env: gitEnvironment({ userHome: homedir() }),
    maxBuffer: listBytesMax,
  });
  return stdout;
}

async function listAll(directory: string, state: ServerState): Promise<readonly string[]> {
  const names: string[] = [];
  const open = [''];
  for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
    for (const entry of await readdir(join(directory, inside), { withFileTypes: true })) {
      if (neverTaken.has(entry.name)) continue;
      const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (!entry.isDirectory()) names.push(name);
      else if (!state.includes(name)) open.push(name);
    }
  }
  return names;
}
