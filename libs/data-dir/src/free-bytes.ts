import { statfsSync } from 'node:fs';

/** The bytes that this user may still write, on the fullest of the file systems of these paths. */
export function freeBytes(paths: readonly string[]): number {
  const free = paths.map((path) => statfsSync(path)).map(({ bavail, bsize }) => bavail * bsize);
  return Math.min(...free);
}
