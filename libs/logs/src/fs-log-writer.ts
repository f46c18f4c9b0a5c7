import { writeFile } from 'node:fs/promises';
import type { LogSummary } from '#libs/events';
import type { Clock } from '#libs/kernel';
import { type LinePiece, LineSplitter, textPieces } from './line-splitter.ts';
import type { LiveLogs } from './live-logs.ts';
import { LogCap, tailBytesMax } from './log-cap.ts';
import type { LogFiles } from './log-files.ts';
import type { LogLine, LogMask, LogWriter } from './log-store.ts';
import { OpenLineTimer } from './open-line-timer.ts';
import { encodeRecord } from './record.ts';
import { RecordFile } from './record-file.ts';

export interface FsLogWriterParts {
  readonly files: LogFiles;
  readonly clock: Clock;
  readonly live: LiveLogs;
  readonly bytesMax: number;
  readonly mask: LogMask | undefined;
}

interface Channel {
  readonly splitter: LineSplitter;
  readonly timer: OpenLineTimer;
}

/** Where a stream stands in its line: at its beginning, with something kept back by the mask, with a part stored. */
type LineState = 'begins' | 'kept-back' | 'shown';

/** Turns the bytes of a step into records: lines, masked, within the limit. */
export class FsLogWriter implements LogWriter {
  readonly #parts: FsLogWriterParts;
  readonly #file: RecordFile;
  readonly #cap: LogCap;
  readonly #channels: Readonly<Record<'stdout' | 'stderr', Channel>>;
  readonly #states: Record<LogLine['stream'], LineState> = {
    stdout: 'begins',
    stderr: 'begins',
    system: 'begins',
  };
  #closing: Promise<LogSummary> | undefined;

  private constructor(parts: FsLogWriterParts, file: RecordFile) {
    this.#parts = parts;
    this.#file = file;
    this.#cap = new LogCap(parts.bytesMax);
    this.#channels = { stdout: this.#channel('stdout'), stderr: this.#channel('stderr') };
  }

  static async open(parts: FsLogWriterParts): Promise<FsLogWriter> {
    const { records } = parts.files;
    const file = await RecordFile.create(records, () => parts.live.notify(records));
    parts.live.open(records);
    return new FsLogWriter(parts, file);
  }

  async write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    if (this.#closing) return;
    const { splitter, timer } = this.#channels[stream];
    const pieces = splitter.push(bytes);
    this.#take(stream, pieces);
    timer.written({ isOpen: splitter.pendingBytes > 0, isFurther: pieces.length > 0 });
    await this.#file.flush();
  }

  async system(text: string): Promise<void> {
    if (this.#closing) return;
    this.#system(text);
    await this.#file.flush();
  }

  close(): Promise<LogSummary> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  #channel(stream: 'stdout' | 'stderr'): Channel {
    const splitter = new LineSplitter();
    const timer = new OpenLineTimer(() => {
      this.#take(stream, splitter.flushOpen());
      // A full disk shows itself at the next write, which somebody awaits.
      this.#file.flush().catch(() => {});
    });
    return { splitter, timer };
  }

  #take(stream: 'stdout' | 'stderr', pieces: readonly LinePiece[]): void {
    for (const piece of pieces) {
      const record = this.#record(stream, piece);
      if (record !== undefined && this.#admits(record)) this.#file.add(record);
    }
  }

  #admits(record: string): boolean {
    const wasReached = this.#cap.isReached;
    const admits = this.#cap.admits(record);
    if (!admits && !wasReached)
      this.#system(
        `the log has reached its limit of ${this.#parts.bytesMax} bytes: of what follows, the last ${tailBytesMax / 1024} KiB are shown when the step ends`,
      );
    return admits;
  }

  #system(text: string): void {
    for (const line of text.split(/\r?\n/)) {
      for (const piece of textPieces(Buffer.from(line), true)) {
        const record = this.#record('system', piece);
        if (record !== undefined) this.#file.add(record);
      }
    }
  }

  /** Undefined where there is nothing to store: the end of a line that was shown before, or all of it kept back by the mask. */
  #record(stream: LogLine['stream'], { text, lineEnds }: LinePiece): string | undefined {
    const masked = this.#parts.mask?.mask(text, { stream, lineEnds }) ?? text;
    const state = this.#states[stream];
    const continues = state === 'shown';
    const isNothing = masked === '' && (continues || !lineEnds);
    if (lineEnds) this.#states[stream] = 'begins';
    else if (!isNothing) this.#states[stream] = 'shown';
    else if (state === 'begins') this.#states[stream] = 'kept-back';
    if (isNothing) return undefined;
    return encodeRecord({ timeMs: this.#parts.clock.nowMs(), stream, continues, text: masked });
  }

  async #finish(): Promise<LogSummary> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const { splitter, timer } = this.#channels[stream];
      timer.stop();
      const rest = splitter.end();
      // The end of a line that was begun lets the mask give back what it kept.
      if (rest.length === 0 && this.#states[stream] !== 'begins')
        rest.push({ text: '', lineEnds: true });
      this.#take(stream, rest);
    }
    const { droppedLines, droppedBytes, tail } = this.#cap.finish();
    if (droppedLines > 0)
      this.#system(
        `${droppedLines} lines (${droppedBytes} bytes) are left out here: the log is limited to ${this.#parts.bytesMax} bytes`,
      );
    for (const record of tail) this.#file.add(record);
    const { files, live } = this.#parts;
    const summary = { ...(await this.#file.finish(files)), truncated: droppedLines > 0 };
    await writeFile(files.end, `${JSON.stringify(summary)}\n`, { mode: 0o600 }).catch(() => {});
    live.close(files.records);
    return summary;
  }
}
