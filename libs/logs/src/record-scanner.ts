import type { FileHandle } from 'node:fs/promises';
import { lineBytesMax } from './line-splitter.ts';
import { headBytes, isRecord } from './record.ts';

/** Bytes between two reads, and so in one turn of the event loop: at most two thousand records. */
const chunkBytes = 32 * 1024;
/** Bytes without a line end that are longer than this are no record. */
const recordBytesMax = headBytes + lineBytesMax;
const newline = 0x0a;

export interface FoundRecord {
  readonly offset: number;
  /** Without its `\n`. */
  readonly bytes: Buffer;
}

/** Finds the records of a log from a place on. Torn records, and bytes that are no record, are skipped. */
export class RecordScanner {
  readonly #handle: FileHandle;
  #readAt: number;
  #rest: Buffer = Buffer.alloc(0);
  #isPassingOver = false;

  constructor(handle: FileHandle, offset: number) {
    this.#handle = handle;
    this.#readAt = offset;
  }

  /** The place behind the last whole record that was looked at. */
  get position(): number {
    return this.#readAt - this.#rest.length;
  }

  /** The next records, maybe none; undefined if the file ends now. It may be asked again when there is more. */
  async next(): Promise<readonly FoundRecord[] | undefined> {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await this.#handle.read(chunk, 0, chunkBytes, this.#readAt);
    if (bytesRead === 0) return undefined;
    const begin = this.position;
    this.#readAt += bytesRead;
    const read = chunk.subarray(0, bytesRead);
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, read]) : read;
    const found: FoundRecord[] = [];
    let at = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, at)) {
      if (!this.#isPassingOver && isRecord(bytes, at, end))
        found.push({ offset: begin + at, bytes: bytes.subarray(at, end) });
      this.#isPassingOver = false;
      at = end + 1;
    }
    this.#rest = bytes.subarray(at);
    if (this.#rest.length > recordBytesMax) {
      this.#isPassingOver = true;
      this.#rest = Buffer.alloc(0);
    }
    return found;
  }
}
