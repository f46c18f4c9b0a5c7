import { lstat, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { artifactNameProblem } from '#libs/api-contract';
import { Fault } from '#libs/kernel';

/**
 * The path below a directory at which an artifact is stored; the directories on the way are made. What stands there already
 * may lead elsewhere: no link below the directory is followed.
 *
 * @throws Fault `artifact.refused` where the artifact would leave the directory
 */
export async function artifactPlace(directory: string, name: string): Promise<string> {
  const problem = artifactNameProblem(name);
  if (problem !== undefined) throw refused(name, problem);
  const segments = name.split('/');
  let path = resolve(directory);
  await mkdir(path, { recursive: true });
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
