import { posix } from 'node:path';

/** Limits of one tree, for uploads and for extraction alike. */
export const treeLimits = {
  entriesMax: 200_000,
  bytesMax: 8 * 1024 ** 3,
  nameBytesMax: 4096,
  linkBytesMax: 4096,
} as const;

/**
 * What is wrong with an entry's name, or undefined. Names are relative, `/` between parts, without `..`, control characters
 * or anything that some file system reads otherwise. The state of Millrace itself is never part of a tree.
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
  if (parts[0] === '.git') return 'a .git directory';
  return undefined;
}

/** What is wrong with a symbolic link, or undefined: its target must stay inside the tree. */
export function linkProblem(name: string, target: string): string | undefined {
  if (
    target === '' ||
    Buffer.byteLength(target) > treeLimits.linkBytesMax ||
    target.includes('\u0000')
  )
    return 'a link without a proper target';
  if (target.startsWith('/')) return 'a link with an absolute target';
  const resolved = posix.normalize(posix.join(posix.dirname(withoutEndSlash(name)), target));
  return resolved === '..' || resolved.startsWith('../')
    ? 'a link that leaves the tree'
    : undefined;
}

export function withoutEndSlash(name: string): string {
  return name.endsWith('/') ? name.slice(0, -1) : name;
}
