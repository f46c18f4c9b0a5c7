import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { gitArguments, gitEnvironment } from '#libs/git';

/** How long git may take, in milliseconds: an index may be large and a file system slow, but a start must not wait longer. */
const withinMs = 10_000;

/**
 * Whether git tracks a directory, a link to it, or anything in it: then its content came, or will come, with a repository.
 * If git is missing or cannot read the index nothing is known, and the answer is no.
 */
export function isTracked(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const isLinkTracked = found.isSymbolicLink() && lists(dirname(path), basename(path));
  return isLinkTracked || lists(path, '.');
}

/** The repository may be a stranger's: nothing in it may run a program or fetch anything. */
function lists(directory: string, name: string): boolean {
  const args = [...gitArguments, '-c', 'safe.directory=*', '-C', directory];
  const { stdout } = spawnSync('git', [...args, 'ls-files', '-z', '--', name], {
    env: { ...gitEnvironment({ protocols: '' }), GIT_LITERAL_PATHSPECS: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: withinMs,
    encoding: 'utf8',
  });
  return Boolean(stdout);
}
