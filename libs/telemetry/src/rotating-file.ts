import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Lines that cannot be written (a full disk) are kept up to here, in characters, and then dropped. */
const unwrittenMax = 1_048_576;

/**
 * A file of lines that stays small: at `bytesMax` it is set aside as `PATH.1`, what was that as `PATH.2`, and so on; the oldest
 * goes. Each line is written at once, so there is nothing to flush, and a file that cannot be written stops nothing: its lines
 * are tried again with the next one.
 */
export class RotatingFile {
  readonly #path: string;
  readonly #limits: { readonly bytesMax: number; readonly keep: number };
  #file: { readonly fd: number; bytes: number } | undefined;
  #unwritten = '';

  /** @param limits.keep  how many are kept beside the current one, >= 1 */
  constructor(path: string, limits: { readonly bytesMax: number; readonly keep: number }) {
    this.#path = path;
    this.#limits = limits;
  }

  /** @param line  with its line end */
  write(line: string): void {
    const text = Buffer.from(this.#unwritten + line);
    try {
      this.#file ??= this.#open();
      if (this.#file.bytes > 0 && this.#file.bytes + text.length > this.#limits.bytesMax)
        this.#rotate();
      // A half-written line is written again whole: rather twice than torn.
      if (writeSync(this.#file.fd, text) < text.length) throw new Error('the disk is full');
      this.#file.bytes += text.length;
      this.#unwritten = '';
    } catch {
      if (this.#unwritten.length + line.length <= unwrittenMax) this.#unwritten += line;
    }
  }

  #open(): { readonly fd: number; bytes: number } {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const fd = openSync(this.#path, 'a', 0o600);
    return { fd, bytes: fstatSync(fd).size };
  }

  #rotate(): void {
    for (let number = this.#limits.keep; number > 0; number -= 1) {
      try {
        renameSync(
          number === 1 ? this.#path : `${this.#path}.${number - 1}`,
          `${this.#path}.${number}`,
        );
      } catch {
        // There is none of that number yet.
      }
    }
    const next = this.#open();
    if (this.#file) closeSync(this.#file.fd);
    this.#file = next;
  }
}
