import { createHash } from 'node:crypto';
import { type FileHandle, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { LogFiles } from './log-files.ts';
import { beginsLine } from './record.ts';
import { RecordScanner } from './record-scanner.ts';

/** Lines between two entries of the index. */
export const indexStride = 256;
/** A smaller log is read through in a millisecond: it gets no index. */
export const indexedBytesMin = 256 * 1024;

/** Where lines of a log lie that has ended. */
export interface LogIndex {
  readonly logBytes: number;
  readonly lines: number;
  /** Offsets of the records that begin lines 1, 257, 513 … */
  readonly offsets: readonly number[];
}

const magic = 0x6d_6c_69_6e_64_65_78_32n;
const word = 8;
const headWords = 3;
const digestBytes = 32;

/** 64-bit words, little-endian: a mark, the log's bytes and lines, the offsets; then a SHA-256 over them. */
export function encodeIndex({ logBytes, lines, offsets }: LogIndex): Buffer {
  const words = Buffer.alloc((headWords + offsets.length) * word);
  for (const [at, value] of [magic, logBytes, lines, ...offsets].entries())
    words.writeBigUInt64LE(BigInt(value), at * word);
  return Buffer.concat([words, createHash('sha256').update(words).digest()]);
}

/** Undefined if it was torn or changed, or is of another log or another version. */
export function decodeIndex(bytes: Buffer, logBytes: number): LogIndex | undefined {
  const words = bytes.subarray(0, -digestBytes);
  if (words.length < headWords * word || words.length % word !== 0) return undefined;
  const digest = createHash('sha256').update(words).digest();
  if (!digest.equals(bytes.subarray(-digestBytes))) return undefined;
  if (words.readBigUInt64LE(0) !== magic) return undefined;
  const [size = 0, lines = 0, ...offsets] = Array.from(
    { length: words.length / word - 1 },
    (_, at) => Number(words.readBigUInt64LE((at + 1) * word)),
  );
  if (size !== logBytes) return undefined;
  return { logBytes: size, lines, offsets };
}

/** Notes a record; called in their order. */
export class IndexBuilder {
  readonly #offsets: number[] = [];
  #lines = 0;

  add(offset: number, isBeginning: boolean): void {
    if (!isBeginning) return;
    if (this.#lines % indexStride === 0) this.#offsets.push(offset);
    this.#lines += 1;
  }

  get lines(): number {
    return this.#lines;
  }

  build(logBytes: number): LogIndex {
    return { logBytes, lines: this.#lines, offsets: this.#offsets };
  }
}

/**
 * The index of a log that has ended; undefined if it is too small for one. One that does not fit its log, because a
 * crash tore it or it never was written, is made anew from the log.
 */
export async function loadIndex(
  files: LogFiles,
  handle: FileHandle,
): Promise<LogIndex | undefined> {
  const { size } = await handle.stat();
  if (size < indexedBytesMin) return undefined;
  const stored = await readFile(files.index).catch(() => Buffer.alloc(0));
  const fitting = decodeIndex(stored, size);
  if (fitting) return fitting;
  const rebuilt = await rebuildIndex(handle, size);
  await storeIndex(files, rebuilt);
  return rebuilt;
}

async function rebuildIndex(handle: FileHandle, size: number): Promise<LogIndex> {
  const builder = new IndexBuilder();
  const scanner = new RecordScanner(handle, 0);
  for (let found = await scanner.next(); found !== undefined; found = await scanner.next())
    for (const { offset, bytes } of found) builder.add(offset, beginsLine(bytes, 0));
  return builder.build(size);
}

/** Written whole or not at all. A failure is ignored, for the index can be made again at any time. */
export async function storeIndex(files: LogFiles, index: LogIndex): Promise<void> {
  const draft = `${files.index}.${process.pid}.${draftCount++}`;
  try {
    await writeFile(draft, encodeIndex(index), { mode: 0o600, flag: 'wx' });
    await rename(draft, files.index);
  } catch {
    await rm(draft, { force: true }).catch(() => {});
  }
}

let draftCount = 0;
