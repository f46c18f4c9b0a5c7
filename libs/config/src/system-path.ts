import { inheritedEnvironment } from './load.ts';

/** Where the system's programs are, wherever we look for one. */
export const systemPath = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
] as const;

/**
 * Where a process finds programs: in Nix, conda and ~/bin as well. What is relative could mean anybody's directory.
 *
 * @param env  the process's environment; default: this one's
 */
export function programPath(
  env: Readonly<Record<string, string | undefined>> = inheritedEnvironment(),
): string {
  const own = (env.PATH ?? '').split(':').filter((dir) => dir.startsWith('/'));
  return [...new Set([...own, ...systemPath, '/opt/homebrew/bin'])].join(':');
}
