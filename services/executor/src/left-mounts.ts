import { execFile } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseMountTable, wayTo } from '#libs/sandbox';

type Mount = ReturnType<typeof parseMountTable>[number];

/**
 * Unmounts what is mounted at a directory of ours and below it, however busy it is: a step without isolation may have left it,
 * and whoever removes the directory would empty what is mounted there. No link is followed: the kernel's own list of mounts is used.
 *
 * A directory of the machine that a step mounted here may share its mounts with its original, as everything does under
 * systemd: to unmount what lies on the one unmounts it on the other. So each tree of mounts is first made private.
 *
 * @param path  the directory itself may be a link, which is nothing's mount point; those above it are ours
 * @returns what is still mounted there
 */
export async function unmountBelow(path: string): Promise<readonly string[]> {
  let found = await readMounts(path);
  for (let before = Number.POSITIVE_INFINITY; found.own.length < before; ) {
    before = found.own.length;
    for (const point of topPoints(found.own))
      if (canUnmountAlone(point, found)) await unmountTree(point);
    if (before > 0) found = await readMounts(path);
  }
  return found.own.map(({ point }) => point);
}

interface FoundMounts {
  readonly own: readonly Mount[];
  readonly others: readonly Mount[];
}

async function readMounts(path: string): Promise<FoundMounts> {
  // On a kernel without such a list no step can mount anything here either.
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const above = await realpath(dirname(path)).catch(() => undefined);
  // Nothing can be mounted below a path that does not exist.
  if (above === undefined) return { own: [], others: [] };
  const real = join(above, basename(path));
  const mounts = parseMountTable(table);
  const isOwn = ({ point }: Mount) => wayTo(point, real) !== undefined;
  return { own: mounts.filter(isOwn), others: mounts.filter((mount) => !isOwn(mount)) };
}

/** The mounts that lie below no other one. What they hide is found when they are gone. */
function topPoints(mounts: readonly Mount[]): readonly string[] {
  const points = [...new Set(mounts.map(({ point }) => point))];
  return points.filter((point) =>
    points.every((above) => above === point || wayTo(point, above) === undefined),
  );
}

/**
 * Whether unmounting this point unmounts nothing elsewhere. It would if the mount underneath, which is at the same point,
 * shared its mounts with one outside of our directory: it is hidden, so it cannot be made private first.
 */
function canUnmountAlone(top: string, { own, others }: FoundMounts): boolean {
  const bases = new Set(own.filter(({ point }) => point === top).map(({ parent }) => parent));
  const groups = own
    .filter(({ id }) => bases.has(id))
    .flatMap((mount) => mount.groups.filter((group) => group.startsWith('shared:')))
    .flatMap((group) => [group, group.replace('shared:', 'master:')]);
  return !others.some((mount) => mount.groups.some((group) => groups.includes(group)));
}

/**
 * Detaches a mount: nobody can enter it any more, and it ends when the last open file in it is closed. If this fails, the
 * kernel's list still has the mount.
 */
async function unmountTree(point: string): Promise<void> {
  if (await succeeds('mount', ['--make-rprivate', '--', point]))
    await succeeds('umount', ['-l', '--', point]);
}

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, args, (error) => resolve(error === null));
  });
}
