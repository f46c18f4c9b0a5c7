import { lstat } from 'node:fs/promises';
import { OpenDirectory } from './open-directory.ts';

/** Levels beyond which nothing is counted: each level holds a descriptor. */
const depthMax = 64;

/**
 * Bytes that a tree takes on disk, without following links. What cannot be read counts nothing: the figure decides what
 * is thrown away first, it need not be exact.
 */
export async function diskUsageBytes(path: string): Promise<number> {
  try {
    return await usageOf(await OpenDirectory.open(path), 0);
  } catch {
    return 0;
  }
}

async function usageOf(directory: OpenDirectory, depth: number): Promise<number> {
  let bytes = 0;
  try {
    for await (const { name, kind } of directory.entries()) {
      if (kind === 'directory' && depth < depthMax) {
        const inner = await directory.openDirectory(name).catch(() => undefined);
        if (inner) bytes += await usageOf(inner, depth + 1);
      } else {
        const stat = await lstat(directory.pathOf(name)).catch(() => undefined);
        bytes += (stat?.blocks ?? 0) * 512;
      }
    }
  } catch {
    // Unreadable from here on.
  } finally {
    await directory.close();
  }
  return bytes;
}
