import { access, type FileHandle, open } from 'node:fs/promises';
import type { LiveLogs, LogWatch } from './live-logs.ts';
import type { LogFiles } from './log-files.ts';
import { indexStride, type LogIndex, loadIndex } from './log-index.ts';
import type { LogLine, LogReadOptions } from './log-store.ts';
import { OpenLines } from './open-lines.ts';
import { beginsLine, decodeRecord } from './record.ts';
import { RecordScanner } from './record-scanner.ts';

/** How often a follower looks at the disk for a writer in another process, in milliseconds. */
const pollMs = 250;

/** A record that begins a line, and the line's number. */
interface Place {
  readonly line: number;
  readonly offset: number;
}

interface Wanted {
  readonly first: number;
  readonly last: number;
  readonly from: Place;
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
      if (handle !== undefined)
        yield* this.#follow(handle, await this.#wanted(handle, options), options, watch);
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

  async *#follow(
    handle: FileHandle,
    { first, last, from }: Wanted,
    options: LogReadOptions,
    watch: LogWatch,
  ): AsyncIterable<LogLine> {
    const scanner = new RecordScanner(handle, from.offset);
    const openLines = new OpenLines(handle, { isComplete: await this.#hasEnded() });
    let next = from.line;
    for (;;) {
      watch.reset();
      const isOver = await this.#isOver(options);
      const found = await scanner.next();
      if (found === undefined) {
        if (isOver) return;
        await watch.change(pollMs, options.abort);
        continue;
      }
      for (const { offset, bytes } of found) {
        const isBeginning = beginsLine(bytes, 0);
        if (isBeginning) next += 1;
        if (isBeginning && (next <= first || next - 1 > last)) continue;
        const record = decodeRecord(bytes);
        const end = offset + bytes.length + 1;
        const line = record && (await openLines.take(record, { line: next - 1, end }));
        if (line) yield line;
        if (next > last && !(options.follow && openLines.hasUnfinished)) return;
      }
    }
  }

  /** Checked before the file is read, so that everything before the end is in it. */
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

  async #wanted(handle: FileHandle, { from = 1, limit, tail }: LogReadOptions): Promise<Wanted> {
    const isNearStart = tail === undefined && from <= indexStride;
    const index =
      !isNearStart && (await this.#hasEnded()) ? await loadIndex(this.#files, handle) : undefined;
    const first =
      tail === undefined
        ? Math.max(1, from)
        : Math.max(1, (index?.lines ?? (await countLines(handle))) - tail + 1);
    const last = first - 1 + (limit ?? Number.POSITIVE_INFINITY);
    return { first, last, from: placeNear(first, index) };
  }
}

/** The indexed place at or before a line. */
function placeNear(line: number, index: LogIndex | undefined): Place {
  const entry = Math.min(Math.floor((line - 1) / indexStride), (index?.offsets.length ?? 0) - 1);
  const offset = index?.offsets[entry];
  return offset === undefined ? { line: 1, offset: 0 } : { line: entry * indexStride + 1, offset };
}

async function countLines(handle: FileHandle): Promise<number> {
  const scanner = new RecordScanner(handle, 0);
  let lines = 0;
  for (let found = await scanner.next(); found !== undefined; found = await scanner.next())
    for (const { bytes } of found) if (beginsLine(bytes, 0)) lines += 1;
  return lines;
}
