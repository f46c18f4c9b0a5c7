import { closeSync, openSync, readSync } from 'node:fs';

/** Some hundred mounts; if there are more nothing is known. */
const listBytesMax = 64 * 1024;

/**
 * The list of mounts that this process sees, asked at the end of each step: it is held open and read into one buffer, since to read
 * it as a file would fill a fresh buffer each time. Only root mounts where we see it, so others have none to look at.
 */
export class OwnMounts {
  readonly #buffer = Buffer.alloc(listBytesMax);
  #list: number | undefined;

  /** Whether a mount is at a path, or is of one, that has this name in it; true if that cannot be told. */
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
