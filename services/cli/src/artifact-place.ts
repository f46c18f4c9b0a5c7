import { lstat, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { artifactNameProblem } from '#libs/api-contract';
import { makeDirectory } from '#libs/data-dir';
import { Fault } from '#libs/kernel';
import { UsageError } from './exit-codes.ts';
import { writingTo } from './file-failure.ts';

/**
 * Makes the directory that artifacts go to, with what is missing above it.
 *
 * @throws UsageError if a file is there; NodeJS.ErrnoException
 */
export async function makeTarget(directory: string): Promise<void> {
  await writingTo(directory, async () => makeDirectory(resolve(directory), 0o777));
  if (!(await stat(directory)).isDirectory())
    throw new UsageError(
      'file.unwritable',
      `${directory} is a file, not a directory`,
      'Give --to a directory, or one that is yet to be made.',
    );
}

/**
 * The path below a directory that is there, at which an artifact is stored; the
 * directories on the way are made. What stands there already
 * may lead elsewhere: no link below the directory is followed.
 *
 * @throws Fault `artifact.refused` if the artifact would leave the directory
 */
export async function artifactPlace(directory: string, name: string): Promise<string> {
  const problem = artifactNameProblem(name);
  if (problem !== undefined) throw refused(name, problem);
  const segments = name.split('/');
  let path = resolve(directory);
  for (const segment of segments.slice(0, -1)) {
    path = join(path, segment);
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (!(await lstat(path)).isDirectory()) throw refused(name, `${path} is no directory`);
  }
  return join(path, segments.at(-1) ?? '');
}

function refused(name: string, why: string): Fault {
  return new Fault(
    'artifact.refused',
    'never',
    `artifact ${JSON.stringify(name)} is refused: ${why}`,
  );
}
