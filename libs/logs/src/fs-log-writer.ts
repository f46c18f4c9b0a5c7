import { writeFile } from 'node:fs/promises';
import type { LogSummary } from '#libs/events';
import type { Clock } from '#libs/kernel';
import { LineRecords } from './line-records.ts';
import { decoded, fitted, type LinePiece, LineSplitter, lineBytesMax } from './line-splitter.ts';
import type { LiveLogs } from './live-logs.ts';
import type { LogFiles } from './log-files.ts';
import type { LogGroup, LogLine, LogMask, LogWriter, OutputStream } from './log-store.ts';
import { LogTail, tailBytesMax } from './log-tail.ts';
import { OpenLineTimer } from './open-line-timer.ts';
import { encodeGroup, headBytes } from './record.ts';
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

const newline = Buffer.from('\n');

/** Turns the bytes of a step into records: lines, masked, within the limit. */
export class FsLogWriter implements LogWriter {
  readonly #parts: FsLogWriterParts;
  readonly #file: RecordFile;
  readonly #channels = new Map<OutputStream, Channel>();
  readonly #records = new Map<LogLine['stream'], LineRecords>();
  /** Streams whose line is begun: shown in part, split, or kept back by the mask. */
  readonly #begun = new Set<LogLine['stream']>();
  #bytesLeft: number;
  /** The end of the log beyond the limit. */
  #tail: LogTail | undefined;
  #closing: Promise<LogSummary> | undefined;

  private constructor(parts: FsLogWriterParts, file: RecordFile) {
    this.#parts = parts;
    this.#file = file;
    this.#bytesLeft = parts.bytesMax;
  }

  static async open(parts: FsLogWriterParts): Promise<FsLogWriter> {
    const { records } = parts.files;
    const file = await RecordFile.create(records, () => parts.live.notify(records));
    parts.live.open(records);
    return new FsLogWriter(parts, file);
  }

  async write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (this.#closing) return;
    if (this.#tail) {
      this.#tail.push(stream, bytes, this.#parts.clock.nowMs());
      return;
    }
    const { splitter, timer } = this.#channel(stream);
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

  async group(group: LogGroup, text: string): Promise<void> {
    if (this.#closing) return;
    this.#endLines(this.#parts.clock.nowMs());
    const timeMs = this.#parts.clock.nowMs();
    const line = decoded(Buffer.from(text)).replaceAll('\n', ' ');
    const masked = this.#parts.mask?.mask(line, { stream: 'system', lineEnds: true }) ?? line;
    const [fit = ''] = fitted(masked, lineBytesMax);
    this.#file.add({ record: encodeGroup(group, { timeMs, text: fit }), beginsLine: true });
    await this.#file.flush();
  }

  close(): Promise<LogSummary> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  #channel(stream: OutputStream): Channel {
    const known = this.#channels.get(stream);
    if (known) return known;
    const splitter = new LineSplitter();
    const timer = new OpenLineTimer(() => {
      this.#take(stream, splitter.flushOpen());
      // A full disk shows at the next write, which is awaited.
      this.#file.flush().catch(() => {});
    });
    const channel = { splitter, timer };
    this.#channels.set(stream, channel);
    return channel;
  }

  /** Stores pieces up to the limit; the first that does not fit and everything behind it go to the tail. */
  #take(stream: OutputStream, pieces: readonly LinePiece[]): void {
    const timeMs = this.#parts.clock.nowMs();
    for (const [at, piece] of pieces.entries()) {
      this.#bytesLeft -= headBytes + Buffer.byteLength(piece.text) + 1;
      if (this.#bytesLeft < 0) {
        this.#beginTail(stream, pieces.slice(at), timeMs);
        return;
      }
      this.#store(stream, piece, timeMs);
    }
  }

  #beginTail(stream: OutputStream, pieces: readonly LinePiece[], timeMs: number): void {
    const begun = [...this.#begun];
    for (const each of begun) this.#breakOff(each, timeMs);
    const tail = new LogTail(begun);
    this.#tail = tail;
    for (const { text, end } of pieces) {
      tail.push(stream, Buffer.from(text), timeMs);
      if (end === 'line') tail.push(stream, newline, timeMs);
    }
    for (const [each, { splitter, timer }] of this.#channels) {
      timer.stop();
      tail.push(each, splitter.takePending(), timeMs);
    }
    this.#system(
      `the log has reached its limit of ${this.#parts.bytesMax} bytes: of what follows, the last ${tailBytesMax / 1024} KiB are shown when the step ends`,
    );
  }

  /** Ends a begun line where it stands. The part that the mask keeps back is dropped, since its rest is not read here. */
  #breakOff(stream: LogLine['stream'], timeMs: number): void {
    this.#parts.mask?.mask('', { stream, lineEnds: true });
    for (const record of this.#recordsOf(stream).breakOff(timeMs)) this.#file.add(record);
    this.#begun.delete(stream);
  }

  #system(text: string): void {
    const timeMs = this.#parts.clock.nowMs();
    for (const line of text.split(/\r?\n/))
      this.#store('system', { text: decoded(Buffer.from(line)), end: 'line' }, timeMs);
  }

  #store(stream: LogLine['stream'], piece: LinePiece, timeMs: number): void {
    const { text, end } = piece;
    const { mask } = this.#parts;
    const masked = mask ? mask.mask(text, { stream, lineEnds: end === 'line' }) : text;
    if (end === 'line') this.#begun.delete(stream);
    else this.#begun.add(stream);
    const records = this.#recordsOf(stream).take({ text: masked, end }, timeMs);
    for (const record of records) this.#file.add(record);
  }

  #recordsOf(stream: LogLine['stream']): LineRecords {
    const records = this.#records.get(stream) ?? new LineRecords(stream);
    this.#records.set(stream, records);
    return records;
  }

  async #finish(): Promise<LogSummary> {
    this.#endLines(this.#parts.clock.nowMs());
    const truncated = this.#storeTail();
    const { files, live } = this.#parts;
    const summary = { ...(await this.#file.finish(files)), truncated };
    await writeFile(files.end, `${JSON.stringify(summary)}\n`, { mode: 0o600 }).catch(() => {});
    live.close(files.records);
    return summary;
  }

  /** Ends begun lines, though their ends have not come. Beyond the limit no line is begun. */
  #endLines(timeMs: number): void {
    for (const [stream, { splitter, timer }] of this.#channels) {
      timer.stop();
      this.#take(stream, splitter.end());
    }
    // The end of a line that was begun lets the mask give back what it kept.
    if (!this.#tail)
      for (const stream of [...this.#begun]) this.#store(stream, { text: '', end: 'line' }, timeMs);
  }

  /** @returns whether a part of the log is missing */
  #storeTail(): boolean {
    if (!this.#tail) return false;
    const { bytesMax, mask } = this.#parts;
    const { pieces, droppedLines, droppedBytes } = this.#tail.finish(mask !== undefined);
    if (droppedBytes > 0)
      this.#system(
        `${droppedLines} lines (${droppedBytes} bytes) are left out here: the log is limited to ${bytesMax} bytes`,
      );
    for (const { stream, timeMs, ...piece } of pieces) this.#store(stream, piece, timeMs);
    return droppedBytes > 0;
  }
}
