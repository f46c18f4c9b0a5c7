import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseMountTable, wayTo } from '#libs/sandbox';

/**
 * Unmounts what is mounted at a directory of ours and below it, however busy it is: a step without isolation may have left it,
 * and whoever removes the directory would empty what is mounted there. No link is followed: the kernel's own list tells.
 *
 * @param path  the directory itself may be a link, which is nothing's mount point; those above it are ours
 * @returns what is still mounted there
 */
export async function unmountBelow(path: string): Promise<readonly string[]> {
  const found = await mountsBelow(path);
  // The youngest first: it may lie on an older one.
  for (const point of found.toReversed()) await unmount(point);
  return found.length === 0 ? found : mountsBelow(path);
}

async function mountsBelow(path: string): Promise<readonly string[]> {
  // Where the kernel has no such list nothing of a step's can be mounted here either.
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const real = join(await realpath(dirname(path)), basename(path));
  return parseMountTable(table)
    .map(({ point }) => point)
    .filter((point) => wayTo(point, real) !== undefined);
}

/** At once for those who come, in the end for those who are in it. Where it fails the list still has it. */
function unmount(point: string): Promise<void> {
  return new Promise((resolve) => {
    execFile('umount', ['-l', '--', point], () => resolve());
  });
}
