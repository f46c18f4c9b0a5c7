import { closeSync, openSync, readSync } from 'node:fs';

/** Enough for some hundred mounts, in bytes. With more, the answer is not known. */
const listBytesMax = 64 * 1024;

/**
 * The list of mounts that this process sees, asked at the end of each step: it is held open and read into one buffer, since to read
 * it as a file would fill a fresh buffer each time. Only root can mount where this process sees it, so for other users there is nothing to look at.
 */
export class OwnMounts {
  readonly #buffer = Buffer.alloc(listBytesMax);
  #list: number | undefined;

  /** Whether a mount point, or what is mounted, has this name in its path; true if that is not known. */
  hasNamed(name: string): boolean {
    if (process.getuid?.() !== 0) return false;
    try {
      this.#list ??= openSync('/proc/self/mountinfo', 'r');
      let length = 0;
      for (let read = -1; read !== 0 && length < listBytesMax; length += read)
        read = readSync(this.#list, this.#buffer, length, listBytesMax - length, length);
      return length === listBytesMax || this.#buffer.subarray(0, length).includes(`/${name}`);
    } catch {
      return process.platform === 'linux';
    }
  }

  close(): void {
    if (this.#list !== undefined) closeSync(this.#list);
    this.#list = undefined;
  }
}
