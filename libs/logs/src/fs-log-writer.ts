import { createHash } from 'node:crypto';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import type { LogSummary } from '#libs/events';
import { type Clock, Fault } from '#libs/kernel';
import { type LinePiece, LineSplitter } from './line-splitter.ts';
import type { LiveLogs } from './live-logs.ts';
import { LogCap } from './log-cap.ts';
import { indexStride, type LogFiles } from './log-files.ts';
import type { LogLine, LogMask, LogWriter } from './log-store.ts';
import { encodeRecord } from './record.ts';

/** A line whose end has not come is shown after this much silence: a prompt, a progress bar. */
const openLineMs = 200;

export interface FsLogWriterParts {
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly live: LiveLogs;
  readonly bytesMax: number;
  readonly mask: LogMask | undefined;
}

/** Appends records to one file. What is written while a write is under way goes in the next one. */
export class FsLogWriter implements LogWriter {
  readonly #parts: FsLogWriterParts;
  readonly #handle: FileHandle;
  readonly #cap: LogCap;
  readonly #hash = createHash('sha256');
  readonly #splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  /** Streams whose last record did not end its line. */
  readonly #open = new Set<LogLine['stream']>();
  readonly #offsets: number[] = [];
  #pending: string[] = [];
  #flushing: Promise<void> | undefined;
  #bytes = 0;
  #lines = 0;
  #openLineTimer: NodeJS.Timeout | undefined;
  #closing: Promise<LogSummary> | undefined;

  private constructor(parts: FsLogWriterParts, handle: FileHandle) {
    this.#parts = parts;
    this.#handle = handle;
    this.#cap = new LogCap(parts.bytesMax);
  }

  static async open(parts: FsLogWriterParts): Promise<FsLogWriter> {
    const handle = await open(parts.files.records, 'ax', 0o600);
    parts.live.open(parts.files.records);
    return new FsLogWriter(parts, handle);
  }

  async write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    if (this.#closing) return;
    this.#take(stream, this.#splitters[stream].push(bytes));
    this.#showOpenLinesSoon();
    await this.#flush();
  }

  async system(text: string): Promise<void> {
    if (this.#closing) return;
    for (const line of text.split('\n')) this.#store(this.#record('system', line, false));
    await this.#flush();
  }

  close(): Promise<LogSummary> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  #showOpenLinesSoon(): void {
    clearTimeout(this.#openLineTimer);
    const { stdout, stderr } = this.#splitters;
    if (stdout.pendingBytes + stderr.pendingBytes === 0) return;
    this.#openLineTimer = setTimeout(() => {
      for (const stream of ['stdout', 'stderr'] as const)
        this.#take(stream, this.#splitters[stream].flushOpen());
      // A full disk shows itself at the next write, which somebody awaits.
      this.#flush().catch(() => {});
    }, openLineMs);
  }

  #take(stream: 'stdout' | 'stderr', pieces: readonly LinePiece[]): void {
    for (const { text, lineEnds } of pieces) {
      const masked = this.#parts.mask?.mask(text, { stream, lineEnds }) ?? text;
      const record = this.#record(stream, masked, this.#open.has(stream));
      if (lineEnds) this.#open.delete(stream);
      else this.#open.add(stream);
      if (this.#cap.admits(record)) this.#store(record);
    }
  }

  #record(stream: LogLine['stream'], text: string, continues: boolean): string {
    return encodeRecord({ timeMs: this.#parts.clock.nowMs(), stream, continues, text });
  }

  #store(record: string): void {
    this.#pending.push(record);
  }

  async #flush(): Promise<void> {
    while (this.#pending.length > 0) {
      if (this.#flushing) await this.#flushing;
      else {
        this.#flushing = this.#writePending();
        try {
          await this.#flushing;
        } finally {
          this.#flushing = undefined;
        }
      }
    }
  }

  async #writePending(): Promise<void> {
    const records = this.#pending;
    this.#pending = [];
    const bytes = Buffer.from(records.join(''));
    try {
      for (let at = 0; at < bytes.length; )
        at += (await this.#handle.write(bytes, at)).bytesWritten;
    } catch (cause) {
      throw new Fault('server.disk-low', 'never', 'the log of the step cannot be written', {
        cause,
      });
    }
    this.#hash.update(bytes);
    for (const record of records) {
      if (this.#lines % indexStride === 0) this.#offsets.push(this.#bytes);
      this.#lines += 1;
      this.#bytes += Buffer.byteLength(record);
    }
    this.#parts.live.notify(this.#parts.files.records);
  }

  async #finish(): Promise<LogSummary> {
    clearTimeout(this.#openLineTimer);
    for (const stream of ['stdout', 'stderr'] as const)
      this.#take(stream, this.#splitters[stream].end());
    const { droppedLines, droppedBytes, tail } = this.#cap.finish();
    if (droppedLines > 0) {
      const words = `${droppedLines} lines (${droppedBytes} bytes) are left out here: the log is limited to ${this.#parts.bytesMax} bytes`;
      this.#store(this.#record('system', words, false));
    }
    for (const record of tail) this.#store(record);
    const { files, live } = this.#parts;
    const summary = {
      ...(await this.#settle()),
      truncated: droppedLines > 0,
    };
    await writeFile(files.end, `${JSON.stringify(summary)}\n`, { mode: 0o600 }).catch(() => {});
    live.close(files.records);
    return summary;
  }

  /** Everything to the disk; a full disk keeps what was stored before. */
  async #settle(): Promise<Omit<LogSummary, 'truncated'>> {
    try {
      await this.#flush();
      await this.#handle.sync();
      const index = Buffer.alloc(this.#offsets.length * 8);
      for (const [at, offset] of this.#offsets.entries())
        index.writeBigUInt64LE(BigInt(offset), at * 8);
      await writeFile(this.#parts.files.index, index, { mode: 0o600 });
    } catch {
      this.#pending = [];
    } finally {
      await this.#handle.close().catch(() => {});
    }
    const bytes = this.#bytes;
    return {
      bytes,
      lines: this.#lines,
      ...(bytes > 0 ? { digest: `sha256:${this.#hash.digest('hex')}` } : {}),
    };
  }
}
