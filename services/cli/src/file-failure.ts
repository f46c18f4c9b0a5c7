/** Why a file system of this machine refused, in words, and whether another path would do or the machine has to change. */
const reasons: Readonly<Record<string, readonly [why: string, about: 'path' | 'machine']>> = {
  EACCES: ['permission denied', 'path'],
  EBUSY: ['it is in use', 'path'],
  EEXIST: ['something else is there', 'path'],
  EISDIR: ['it is a directory', 'path'],
  ELOOP: ['its links lead in a circle', 'path'],
  EMLINK: ['it has too many links', 'path'],
  ENAMETOOLONG: ['its name is too long', 'path'],
  ENODEV: ['nothing can be stored there', 'path'],
  ENOENT: ['it is not there', 'path'],
  ENOTDIR: ['it or a part of its path is a file, not a directory', 'path'],
  ENOTEMPTY: ['a directory that is not empty is there', 'path'],
  ENXIO: ['nothing can be stored there', 'path'],
  EPERM: ['it is not permitted', 'path'],
  EROFS: ['the file system is read-only', 'path'],
  ETXTBSY: ['it is a program that runs', 'path'],
  EDQUOT: ['the quota of the disk is used up', 'machine'],
  EFBIG: ['the file would be too large', 'machine'],
  EIO: ['the disk failed', 'machine'],
  EMFILE: ['too many files are open', 'machine'],
  ENFILE: ['too many files are open', 'machine'],
  ENOSPC: ['the disk is full', 'machine'],
};

/** Codes of connections, not of files. */
const otherCalls = /^(?:spawn|connect|listen|bind|kill|getaddrinfo|uv_spawn)/;
const readingCalls: ReadonlySet<string> = new Set(
  ['open', 'read', 'scandir', 'opendir', 'readdir', 'readlink', 'realpath'].concat([
    'stat',
    'lstat',
    'fstat',
    'access',
    'statfs',
  ]),
);

export interface FileFailure {
  readonly code: 'file.unreadable' | 'file.unwritable';
  readonly message: string;
  /** Codes for which no other path helps: the machine has to change. */
  readonly isOfMachine: boolean;
}

/** The meaning of a file system's error code; the code itself if we have no words for it. */
export function reasonOf(error: unknown): string {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return reasons[code]?.[0] ?? code;
}

/** An error of a file system of this machine: never the server's fault. Undefined for any other. */
export function fileFailure(error: unknown): FileFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined || syscall === undefined || otherCalls.test(syscall)) return undefined;
  const isOfMachine = reason[1] === 'machine';
  if (syscall === 'uv_cwd')
    return {
      code: 'file.unreadable',
      message: 'the working directory is gone: go to another one',
      isOfMachine,
    };
  const isRead = readingCalls.has(syscall);
  // Missing parents were made before, so the file system itself takes no files, as /proc.
  const why = code === 'ENOENT' && !isRead ? 'nothing can be made there' : reason[0];
  return {
    code: isRead ? 'file.unreadable' : 'file.unwritable',
    message: `${path ?? 'a file'} cannot be ${isRead ? 'read' : 'written'}: ${why}`,
    isOfMachine,
  };
}

/** Runs work that writes to a path of the caller: an error names that path, not a temporary file in it. */
export async function writingTo<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    // The streams of Node tell neither the path, nor whether they open a file to read or to write.
    if (fileFailure(error)) Object.assign(error as Error, { path, syscall: 'write' });
    throw error;
  }
}
