import { closeSync, constants, existsSync, fstatSync, openSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Fault } from '#libs/kernel';

/** What `sun_path` holds beside its final NUL on the systems that we know: 108 bytes on Linux, 104 elsewhere. */
const socketPathBytesMax = process.platform === 'linux' ? 107 : 103;

/** A directory that this user alone can enter, held open, so that a directory put in its place is not mistaken for it. */
export interface OwnDirectory {
  /** The path of a file in it. Valid until `close`, and short enough for a socket however long the directory's own path is. */
  at(name: string): string;
  /** Whether its path still leads to it: it was neither removed nor replaced. */
  isInPlace(): boolean;
  /** Idempotent. */
  close(): void;
}

/**
 * Opens a directory, and makes sure that nobody but this user (and root) can put anything in it: so who listens on a socket
 * there, or wrote a file there, is this user.
 *
 * @throws Fault `data-dir.not-private` that says who else could, or that the path is too long for a socket
 * @throws NodeJS.ErrnoException if it is not there
 */
export function openOwnDirectory(path: string): OwnDirectory {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const { uid, mode } = fstatSync(fd);
    const problem = problemOf({ uid, mode: mode & 0o777 });
    if (problem !== undefined) throw notPrivate(path, problem);
    const held = `/proc/self/fd/${fd}`;
    const base = existsSync(held) ? held : resolve(path);
    const place = resolve(path);
    let isOpen = true;
    return {
      at: (name) => fitting(join(base, name), path),
      isInPlace: () => {
        const there = statSync(place, { throwIfNoEntry: false });
        // While it is open no other directory can get its inode number.
        const { dev, ino } = fstatSync(fd);
        return there?.dev === dev && there.ino === ino;
      },
      close: () => {
        if (isOpen) closeSync(fd);
        isOpen = false;
      },
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** Why a directory is not this user's alone, as words that follow its path in a sentence. */
function problemOf(directory: { readonly uid: number; readonly mode: number }) {
  const own = process.geteuid?.();
  // If there are no users of that kind there is nothing to compare.
  if (own === undefined) return undefined;
  if (directory.uid !== own)
    return `belongs to user ${directory.uid}, and this process is user ${own}`;
  if ((directory.mode & 0o077) === 0) return undefined;
  return `has mode ${directory.mode.toString(8)}, so that others can enter it; chmod 700 makes it private`;
}

function fitting(socketPath: string, path: string): string {
  if (Buffer.byteLength(socketPath) <= socketPathBytesMax) return socketPath;
  throw notPrivate(path, 'has a path that is too long for a socket here');
}

function notPrivate(path: string, problem: string): Fault {
  return new Fault('data-dir.not-private', 'never', `${resolve(path)} ${problem}`);
}
