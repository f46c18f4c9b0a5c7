import { isAbsolute, relative } from 'node:path';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  readonly id: string;
  /** The id of the mount above. */
  readonly parent: string;
  /** `major:minor` of its filesystem. */
  readonly device: string;
  /** The directory of the filesystem that is mounted; `/` if all of it is. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  /** Options of the filesystem, such as the controllers of a cgroup tree. */
  readonly options: readonly string[];
  /** `shared:N`: what is mounted and unmounted in one of a group is so in all. `master:N`: it follows such a group. */
  readonly groups: readonly string[];
}

/** @param text  of /proc/self/mountinfo */
export function parseMountTable(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ');
    if (after === undefined) return [];
    const words = before.split(' ');
    const [id = '', parent = '', device = '', root = '/', point = '/', , ...groups] = words;
    const [type = '', , options = ''] = after.split(' ');
    return [
      {
        ...{ id, parent, device, root: unescaped(root), point: unescaped(point), type },
        ...{ options: options.split(','), groups },
      },
    ];
  });
}

/** The kernel writes blanks and backslashes in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The relative path from a directory to one in it: '' for itself, undefined if it lies elsewhere. */
export function wayTo(path: string, from: string): string | undefined {
  const way = relative(from, path);
  return way === '..' || way.startsWith('../') || isAbsolute(way) ? undefined : way;
}
