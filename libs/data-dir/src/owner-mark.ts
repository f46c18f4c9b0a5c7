import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspacesMark } from './state-marks.ts';

/**
 * Writes into a directory of the user's state which data directory it belongs to: its real path, and
 * where it stands on its file system.
 */
export function writeOwner(directory: string, dataDir: string): void {
  const path = join(directory, workspacesMark);
  // A draft of its own for each process: none may remove what another is about to rename.
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, `${dataDir}\n${standsAt(dataDir)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** The real path of the data directory that a directory of the user's state belongs to, if it belongs to one. */
export function ownerOf(directory: string): string | undefined {
  return linesOf(directory)[0];
}

/**
 * Whether a directory of the user's state was written for this data directory: it stands where it stood, or it is the very
 * same one after a move. A copy is neither.
 */
export function isOwner(directory: string, dataDir: string): boolean {
  const [path, place] = linesOf(directory);
  return path === dataDir || (place !== undefined && place === standsAt(dataDir));
}

function standsAt(dataDir: string): string {
  const { dev, ino } = statSync(dataDir, { bigint: true });
  return `${dev}:${ino}`;
}

function linesOf(directory: string): readonly string[] {
  try {
    return readFileSync(join(directory, workspacesMark), 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
