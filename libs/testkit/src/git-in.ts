import { execFileSync } from 'node:child_process';

/**
 * git as the author of a test's repository, who may fetch from files of the machine.
 *
 * @returns what it prints, without its last line end
 * @throws Error where it fails
 */
export function gitIn(directory: string, ...args: readonly string[]): string {
  const settings = ['user.name=a', 'user.email=a@b', 'protocol.file.allow=always'];
  const given = settings.flatMap((setting) => ['-c', setting]);
  return execFileSync('git', [...given, '-C', directory, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trimEnd();
}
