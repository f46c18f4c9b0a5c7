import { access, type FileHandle, open, readFile } from 'node:fs/promises';
import type { LiveLogs, LogWatch } from './live-logs.ts';
import { indexStride, type LogFiles } from './log-files.ts';
import type { LogLine, LogReadOptions } from './log-store.ts';
import { decodeRecord } from './record.ts';

const chunkBytes = 256 * 1024;
/** How often a follower looks at the disk: for a writer in another process. */
const pollMs = 250;
const newline = 0x0a;

interface Place {
  readonly line: number;
  readonly offset: number;
}

/** Reads one log from a line on, or its last lines, and goes on while it is being written. */
export class FsLogReader {
  readonly #files: LogFiles;
  readonly #live: LiveLogs;

  constructor(files: LogFiles, live: LiveLogs) {
    this.#files = files;
    this.#live = live;
  }

  async *read(options: LogReadOptions): AsyncIterable<LogLine> {
    const watch = this.#live.watch(this.#files.records);
    let handle: FileHandle | undefined;
    try {
      handle = await this.#openRecords(options, watch);
      if (handle === undefined) return;
      const first =
        options.tail === undefined
          ? Math.max(1, options.from ?? 1)
          : await this.#tailStart(handle, options.tail);
      const last = first - 1 + (options.limit ?? Number.POSITIVE_INFINITY);
      for await (const line of this.#follow(handle, first, options, watch)) {
        if (line.line > last) return;
        yield line;
        if (line.line === last) return;
      }
    } finally {
      watch.close();
      await handle?.close();
    }
  }

  /** Waits for the first byte of a log that somebody follows. */
  async #openRecords(options: LogReadOptions, watch: LogWatch): Promise<FileHandle | undefined> {
    for (;;) {
      watch.reset();
      const isOver = await this.#isOver(options);
      const handle = await open(this.#files.records, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (handle !== undefined || isOver) return handle;
      await watch.change(pollMs, options.abort);
    }
  }

  /** The lines from `first` on. */
  async *#follow(
    handle: FileHandle,
    first: number,
    options: LogReadOptions,
    watch: LogWatch,
  ): AsyncIterable<LogLine> {
    let { line, offset } = await this.#near(first);
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      watch.reset();
      const isOver = await this.#isOver(options);
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, offset);
      offset += bytesRead;
      if (bytesRead === 0) {
        // A record without its end was torn by a crash: it is no line.
        if (isOver) return;
        await watch.change(pollMs, options.abort);
        continue;
      }
      const bytes = chunk.subarray(0, bytesRead);
      const records = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
      let at = 0;
      for (let end = records.indexOf(newline); end >= 0; end = records.indexOf(newline, at)) {
        if (line >= first) yield decodeRecord(records.subarray(at, end), line);
        line += 1;
        at = end + 1;
      }
      rest = Buffer.from(records.subarray(at));
    }
  }

  /** Asked before the file is read: what was written before the end is then in it. */
  async #isOver({ follow, abort }: LogReadOptions): Promise<boolean> {
    return !follow || abort?.aborted === true || (await this.#hasEnded());
  }

  async #hasEnded(): Promise<boolean> {
    if (this.#live.isOpen(this.#files.records)) return false;
    return access(this.#files.end).then(
      () => true,
      () => false,
    );
  }

  /** The indexed place at or before a line. */
  async #near(line: number): Promise<Place> {
    if (line <= indexStride) return { line: 1, offset: 0 };
    const index = await readFile(this.#files.index).catch(() => Buffer.alloc(0));
    const entry = Math.min(Math.floor((line - 1) / indexStride), index.length / 8 - 1);
    if (entry <= 0) return { line: 1, offset: 0 };
    return { line: entry * indexStride + 1, offset: Number(index.readBigUInt64LE(entry * 8)) };
  }

  /** The number of the first of the last `count` lines; one more than there are for none. */
  async #tailStart(handle: FileHandle, count: number): Promise<number> {
    const index = await readFile(this.#files.index).catch(() => Buffer.alloc(0));
    const entry = Math.max(0, index.length / 8 - 1);
    let offset = entry > 0 ? Number(index.readBigUInt64LE(entry * 8)) : 0;
    let lines = entry * indexStride;
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, offset);
      if (bytesRead === 0) return Math.max(1, lines - count + 1);
      offset += bytesRead;
      for (
        let at = chunk.indexOf(newline);
        at >= 0 && at < bytesRead;
        at = chunk.indexOf(newline, at + 1)
      )
        lines += 1;
    }
  }
}
