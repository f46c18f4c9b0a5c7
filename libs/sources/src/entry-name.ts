import { posix } from 'node:path';

/** Limits of one tree, for uploads and for extraction alike. */
export const treeLimits = {
  /** Files, links and directories, also those that only names imply. */
  entriesMax: 200_000,
  bytesMax: 8 * 1024 ** 3,
  nameBytesMax: 4096,
  depthMax: 256,
  linkBytesMax: 4096,
} as const;

/**
 * What is wrong with an entry's name, or undefined. Names are relative, `/` between parts, without `..`, control characters
 * or anything that some file system reads otherwise; newlines and other odd characters are allowed.
 */
export function nameProblem(name: string): string | undefined {
  const bytes = Buffer.byteLength(name);
  if (bytes === 0 || bytes > treeLimits.nameBytesMax) return `a name of ${bytes} bytes`;
  if (name.includes('\ufffd')) return 'a name that is not UTF-8';
  if (name.includes('\u0000')) return 'a name with NUL';
  if (name.startsWith('/')) return 'an absolute name';
  const parts = withoutEndSlash(name).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'a name with empty parts, . or ..';
  if (parts.some((part) => Buffer.byteLength(part) > 255))
    return 'a part of a name longer than 255 bytes';
  if (parts.length > treeLimits.depthMax) return `a name of ${parts.length} parts`;
  // Some file systems fold case.
  if (parts[0]?.toLowerCase() === '.git') return 'a .git directory (tar --exclude=./.git)';
  return undefined;
}

/** What is wrong with a symbolic link taken alone, or undefined: its target must stay inside the tree. */
export function linkProblem(name: string, target: string): string | undefined {
  if (
    target === '' ||
    Buffer.byteLength(target) > treeLimits.linkBytesMax ||
    target.includes('\u0000')
  )
    return 'a link without a proper target';
  if (target.startsWith('/')) return 'a link with an absolute target';
  if (target.split('/').length > treeLimits.depthMax) return 'a link without a proper target';
  const resolved = posix.normalize(posix.join(posix.dirname(withoutEndSlash(name)), target));
  return resolved === '..' || resolved.startsWith('../')
    ? 'a link that leaves the tree'
    : undefined;
}

/**
 * What is wrong with a link beside the other links, or undefined. `..` after another link goes up from where that one
 * leads, which may be out of the tree; without it links that stay inside by themselves do so together.
 *
 * @param links  names and targets of all links of the tree; no link lies below another
 */
export function detourProblem(
  name: string,
  target: string,
  links: ReadonlyMap<string, string>,
): string | undefined {
  let path = posix.dirname(name);
  let isThroughLink = false;
  for (const part of target.split('/')) {
    if (part === '..' && isThroughLink) return 'a link that goes up from another link';
    path = posix.join(path, part);
    isThroughLink ||= links.has(path);
  }
  return undefined;
}

/** A name as `tar -C DIRECTORY -cf - .` writes it, without what stands for the directory itself; `.` for that one. */
export function plainName(name: string): string {
  const plain = name.replace(/^(?:\.\/+)+/, '');
  return plain === '' || plain === '.' ? '.' : plain;
}

export function withoutEndSlash(name: string): string {
  return name.endsWith('/') ? name.slice(0, -1) : name;
}

/** A name made safe for a log or a terminal. */
export function printableName(name: string): string {
  return name.replace(/\p{Cc}/gu, '?');
}
