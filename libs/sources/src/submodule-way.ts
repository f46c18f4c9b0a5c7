import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '#libs/kernel';

/** Of one tree. */
export const submodulesMax = 200;

/**
 * git refuses to check out below a link; a submodule is put there by us, so we look ourselves: every part of its path is a
 * directory of the workspace, and none is git's own.
 *
 * @throws Fault `source.invalid`
 */
export async function requirePlainWay(root: string, path: string): Promise<void> {
  const parts = path.split('/');
  for (const [at, part] of parts.entries()) {
    const found = await lstat(join(root, ...parts.slice(0, at + 1))).catch(() => undefined);
    if (!found?.isDirectory() || part.toLowerCase() === '.git' || /^\.{0,2}$/.test(part))
      throw new Fault('source.invalid', 'never', 'a submodule lies where no directory is');
  }
}
