import { join } from 'node:path';
import { type Mount, wayTo } from './mount-table.ts';

/** A directory of the machine that a sandbox shows at a path of its own. `source` is a real path, without links. */
export interface ShownPlace {
  readonly source: string;
  readonly destination: string;
}

export interface HiddenPlaces {
  /** Paths inside the sandbox that have to be covered. */
  readonly covered: readonly string[];
  /** Sources that would be covered wholly, because they lie in a hidden directory. */
  readonly refused: readonly string[];
}

/** A part of a filesystem, and its path on the machine. */
interface Tree {
  readonly device: string;
  /** The path inside the filesystem. */
  readonly path: string;
  readonly at: string;
}

/**
 * The paths at which a sandbox would show hidden directories. They are compared by filesystem, not by name: the same
 * directory may be mounted at several paths, below a shown one too, and a shown one may lie inside.
 *
 * @param hidden  real paths, without links
 */
export function findHiddenPlaces(
  shown: readonly ShownPlace[],
  hidden: readonly string[],
  mounts: readonly Mount[],
): HiddenPlaces {
  const secrets = hidden.flatMap((path) => treesAt(path, mounts));
  const covered = new Set<string>();
  const refused = new Set<string>();
  for (const { source, destination } of shown) {
    const exposed = treesAt(source, mounts).flatMap((tree) =>
      secrets.flatMap((secret) => exposure(tree, secret, mounts)),
    );
    for (const path of exposed) {
      const way = wayTo(path, source) ?? '';
      if (way === '') refused.add(source);
      else covered.add(join(destination, way));
    }
  }
  return { covered: [...covered], refused: [...refused] };
}

/** The part of a filesystem that a path shows, and those of everything mounted below it. */
function treesAt(path: string, mounts: readonly Mount[]): Tree[] {
  const below = mounts
    .filter(({ point }) => point !== path && wayTo(point, path) !== undefined)
    .map(({ device, root, point }) => ({ device, path: root, at: point }));
  const own = treeOf(path, mounts);
  return own === undefined ? below : [own, ...below];
}

/** The mount that a path shows: the deepest above it, and the last of several at one point. */
function treeOf(path: string, mounts: readonly Mount[]): Tree | undefined {
  const above = mounts.filter(({ point }) => wayTo(path, point) !== undefined);
  const nearest = above.reduce<Mount | undefined>(
    (best, mount) => (best && best.point.length > mount.point.length ? best : mount),
    undefined,
  );
  if (nearest === undefined) return undefined;
  const { device, root, point } = nearest;
  return { device, path: join(root, wayTo(path, point) ?? ''), at: path };
}

/** The path at which a shown tree shows some of a secret one; none if they are apart or another mount lies over it. */
function exposure(tree: Tree, secret: Tree, mounts: readonly Mount[]): string[] {
  if (tree.device !== secret.device) return [];
  const within = wayTo(secret.path, tree.path);
  const at =
    within !== undefined
      ? join(tree.at, within)
      : wayTo(tree.path, secret.path) !== undefined
        ? tree.at
        : undefined;
  if (at === undefined) return [];
  const seen = treeOf(at, mounts);
  const isSeen =
    seen?.device === secret.device &&
    (wayTo(secret.path, seen.path) !== undefined || wayTo(seen.path, secret.path) !== undefined);
  return isSeen ? [at] : [];
}
