import { createHash } from 'node:crypto';
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Whether git would find what cannot come along as the index has it. A run's git is told not to look for that: it
 * would call a clean tree dirty, and `git add -A` would delete the file from the next commit. What has changed stays a
 * change. Asked without git, which could run a filter of the repository's.
 *
 * @param links  tracked links with their objects; a file is only ever left behind because it cannot be read
 */
export function isUnchanged(
  directory: string,
  name: string,
  links: ReadonlyMap<string, string>,
): boolean {
  const path = join(directory, name);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return true;
  const object = links.get(name);
  return (
    object !== undefined &&
    found?.isSymbolicLink() === true &&
    object === objectOf(readlinkSync(path, 'buffer'), object.length)
  );
}

/** The name that git gives to a link's target. */
function objectOf(target: Buffer, digits: number): string {
  const hash = createHash(digits === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${target.length}\0`).update(target).digest('hex');
}
