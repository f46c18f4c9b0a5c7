import { constants } from 'node:fs';
import { type FileHandle, open, opendir } from 'node:fs/promises';

export interface DirectoryEntry {
  readonly name: Buffer;
  readonly kind: 'file' | 'directory' | 'other';
}

/**
 * A directory held open, whose entries are reached through it and never through a path: what a path means can be
 * changed by whoever owns a directory on it, and paths end at 4,096 bytes. Links are never followed.
 */
export class OpenDirectory {
  readonly #handle: FileHandle;
  readonly #base: Buffer;

  private constructor(handle: FileHandle, path: string | Buffer) {
    this.#handle = handle;
    // Elsewhere than on Linux there is no way to reach an entry by its directory's descriptor in Node.
    const base = process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : path;
    this.#base = Buffer.concat([Buffer.from(base as string), Buffer.from('/')]);
  }

  /** @throws NodeJS.ErrnoException ELOOP or ENOTDIR if it is a link or no directory */
  static async open(path: string | Buffer): Promise<OpenDirectory> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    return new OpenDirectory(await open(path, flags), path);
  }

  openDirectory(name: Buffer): Promise<OpenDirectory> {
    return OpenDirectory.open(this.pathOf(name));
  }

  /** Never waits for a writer if somebody put a FIFO in the file's place. */
  openFile(name: Buffer): Promise<FileHandle> {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    return open(this.pathOf(name), flags);
  }

  async *entries(): AsyncGenerator<DirectoryEntry> {
    // Names need not be UTF-8; the types of Node know only text here.
    const dir = await opendir(this.#base, { encoding: 'buffer' as never, bufferSize: 256 });
    for await (const entry of dir) {
      const kind = entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : 'other';
      yield { name: entry.name as unknown as Buffer, kind };
    }
  }

  /** Valid while the directory is open. */
  pathOf(name: Buffer): Buffer {
    return Buffer.concat([this.#base, name]);
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
