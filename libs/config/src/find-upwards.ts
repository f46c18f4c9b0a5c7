import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface UpwardSearch {
  /** Where it begins; what stands there itself is taken whoever it belongs to, as whoever works there has chosen the place. */
  readonly from: string;
  /** The user's HOME, above which nothing is theirs. */
  readonly home?: string | undefined;
  /** The uid whose files count; undefined if there are no users of that kind. */
  readonly user?: number | undefined;
}

export interface Found {
  readonly path: string | undefined;
  /** The first entry that was found, if it belongs to somebody else, who could then decide what is run. */
  readonly refused: string | undefined;
}

/**
 * Looks for a name in a directory and above it: to the repository's top; outside of repositories below HOME; nowhere in
 * or above a directory that others may write in.
 */
export function findUpwards(name: string, { from, home, user }: UpwardSearch): Found {
  const start = realPath(from);
  const last = home === undefined ? undefined : realPath(home);
  for (let at = start; ; at = dirname(at)) {
    if (at !== start && !isClosedToOthers(at, user)) return none;
    // A project is never all of HOME because of a step into one of its directories.
    if (at === last && at !== start && !existsSync(join(at, '.git'))) return none;
    const path = join(at, name);
    const found = statOf(path);
    if (found !== undefined) {
      const isTaken = at === start || user === undefined || found.uid === user;
      return isTaken ? { path, refused: undefined } : { path: undefined, refused: path };
    }
    if (existsSync(join(at, '.git')) || at === last || at === dirname(at)) return none;
  }
}

const none: Found = { path: undefined, refused: undefined };

function isClosedToOthers(directory: string, user: number | undefined): boolean {
  const found = statOf(directory);
  if (found === undefined) return false;
  return user === undefined || ([user, 0].includes(found.uid) && (found.mode & 0o002) === 0);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
