import { spawnSync } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { programPath } from '#libs/config';

/** An index may be large, a file system slow; nobody waits longer for a start than this, in milliseconds. */
const withinMs = 10_000;

/**
 * Whether git tracks a directory, a link to it, or anything in it: then its content came, or will come, with a repository.
 * Where git is missing or cannot read the index nothing is known, and the answer is no.
 */
export function isTracked(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const isLinkTracked = found.isSymbolicLink() && lists(dirname(path), basename(path));
  return isLinkTracked || lists(path, '.');
}

function lists(directory: string, name: string): boolean {
  const { stdout } = spawnSync('git', ['-C', directory, 'ls-files', '-z', '--', name], {
    // The repository is a stranger's: nothing that it says may run a program or fetch anything.
    env: {
      PATH: programPath(),
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ALLOW_PROTOCOL: '',
      GIT_NO_LAZY_FETCH: '1',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_LITERAL_PATHSPECS: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'core.fsmonitor',
      GIT_CONFIG_VALUE_0: 'false',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: withinMs,
    encoding: 'utf8',
  });
  return Boolean(stdout);
}
