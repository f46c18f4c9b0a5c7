import { isAbsolute, relative } from 'node:path';

/** One line of /proc/self/mountinfo. */
export interface Mount {
  /** `major:minor` of its filesystem. */
  readonly device: string;
  /** The directory of the filesystem that is mounted; `/` where all of it is. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  /** Of the filesystem, such as the controllers of a cgroup tree. */
  readonly options: readonly string[];
}

/** @param text  of /proc/self/mountinfo */
export function parseMountTable(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ');
    if (after === undefined) return [];
    const [, , device = '', root = '/', point = '/'] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    return [
      { device, root: unescaped(root), point: unescaped(point), type, options: options.split(',') },
    ];
  });
}

/** The kernel writes blanks and backslashes in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The way from a directory to what lies in it: '' for itself, undefined where it lies elsewhere. */
export function wayTo(path: string, from: string): string | undefined {
  const way = relative(from, path);
  return way === '..' || way.startsWith('../') || isAbsolute(way) ? undefined : way;
}
