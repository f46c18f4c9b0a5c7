import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gitOf } from './user-git.ts';

/**
 * Sockets, pipes and devices, of which git says nothing, in the directories of what it lists: sorted, but for what is ignored.
 * Looking there takes about a tenth of the time that the snapshot of a large tree takes anyway; ignored directories, which can be
 * larger than all else, are not looked into.
 */
export async function unlistedFiles(
  tree: string,
  directories: Iterable<string>,
): Promise<readonly string[]> {
  const found = [...directories].flatMap((directory) => oddFilesIn(tree, directory));
  if (found.length === 0) return [];
  const ignored = await ignoredOf(tree, found);
  return found.filter((name) => !ignored.has(name)).sort();
}

function oddFilesIn(tree: string, directory: string): readonly string[] {
  try {
    return readdirSync(join(tree, directory), { withFileTypes: true })
      .filter((entry) => !entry.isFile() && !entry.isDirectory() && !entry.isSymbolicLink())
      .map(({ name }) => (directory === '.' ? name : `${directory}/${name}`));
  } catch {
    // git has named it.
    return [];
  }
}

async function ignoredOf(tree: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  try {
    const { stdout } = await gitOf(tree, ['check-ignore', '-z', '--stdin'], {
      input: names.map((name) => `${name}\0`).join(''),
    });
    return new Set(stdout.split('\0'));
  } catch (error) {
    // Exit code 1: none is ignored. If git does not know, none of them is reported.
    return new Set((error as { code?: unknown }).code === 1 ? [] : names);
  }
}
