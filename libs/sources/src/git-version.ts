import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gitEnvironment } from '#libs/git';

const run = promisify(execFile);

/** @returns the output of `git --version`; undefined if no directory of this PATH has a git that can be run */
export async function gitVersion(path: string): Promise<string | undefined> {
  return run('git', ['--version'], { env: { ...gitEnvironment(), PATH: path } }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
}
