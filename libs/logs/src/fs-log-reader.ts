import { access, type FileHandle, open, readFile } from 'node:fs/promises';
import type { LiveLogs } from './live-logs.ts';
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
    const handle = await this.#openRecords(options);
    if (handle === undefined) return;
    try {
      const first =
        options.tail === undefined
          ? Math.max(1, options.from ?? 1)
          : await this.#tailStart(handle, options.tail);
      const last = first - 1 + (options.limit ?? Number.POSITIVE_INFINITY);
      for await (const line of this.#follow(handle, await this.#near(first), options)) {
        if (line.line < first) continue;
        if (line.line > last) return;
        yield line;
        if (line.line === last) return;
      }
    } finally {
      await handle.close();
    }
  }

  /** Waits for the first byte of a log that somebody follows. */
  async #openRecords(options: LogReadOptions): Promise<FileHandle | undefined> {
    for (;;) {
      const handle = await open(this.#files.records, 'r').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (
        handle !== undefined ||
        !options.follow ||
        options.abort?.aborted ||
        (await this.#hasEnded())
      )
        return handle;
      await this.#live.change(this.#files.records, pollMs, options.abort);
    }
  }

  async *#follow(
    handle: FileHandle,
    start: Place,
    options: LogReadOptions,
  ): AsyncIterable<LogLine> {
    let { line, offset } = start;
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      // Asked before the read: what was written before the end is then in the file.
      const isOver = !options.follow || options.abort?.aborted === true || (await this.#hasEnded());
      const chunk = Buffer.alloc(chunkBytes);
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, offset);
      offset += bytesRead;
      if (bytesRead === 0) {
        // A record without its end was torn by a crash: it is no line.
        if (isOver) return;
        await this.#live.change(this.#files.records, pollMs, options.abort);
        continue;
      }
      rest =
        rest.length > 0
          ? Buffer.concat([rest, chunk.subarray(0, bytesRead)])
          : chunk.subarray(0, bytesRead);
      let at = 0;
      for (let end = rest.indexOf(newline); end >= 0; end = rest.indexOf(newline, at)) {
        yield decodeRecord(rest.subarray(at, end), line);
        line += 1;
        at = end + 1;
      }
      rest = Buffer.from(rest.subarray(at));
    }
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
