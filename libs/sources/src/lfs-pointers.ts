import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

const namesShown = 5;
const mark = 'version https://git-lfs.github.com/spec/';

/**
 * Makes the warning that names files which are only LFS pointers.
 *
 * @param names  those that the attributes of a tree give to LFS
 */
export async function lfsWarnings(
  directory: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const pointers: string[] = [];
  for (const name of names)
    if (await isPointer(join(directory, name))) pointers.push(name.replace(/\p{Cc}/gu, '?'));
  if (pointers.length === 0) return [];
  const more = pointers.length - namesShown;
  const shown = pointers.slice(0, namesShown).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return [`Git LFS: these files are pointers, not their content: ${shown}`];
}

async function isPointer(path: string): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('latin1', 0, bytesRead).startsWith(mark);
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
