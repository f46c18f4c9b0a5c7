import { fitted, type LinePiece, lineBytesMax } from './line-splitter.ts';
import type { LogLine } from './log-store.ts';
import { encodeHead, type RecordPart } from './record.ts';

/** A record as it goes to the file. */
export interface EncodedRecord {
  readonly record: string;
  readonly beginsLine: boolean;
}

/**
 * Makes records of the pieces of one stream, masked already: one line is one record, or several if a part of it was shown
 * before its end came. A line over 64 KiB becomes several lines, each of which but the first says that it continues the one before.
 */
export class LineRecords {
  readonly #stream: LogLine['stream'];
  /** Bytes of the open line that are stored already. */
  #bytes = 0;
  #isOpen = false;
  #isSplit = false;
  #wholeHead = '';
  #wholeHeadMs = Number.NaN;

  constructor(stream: LogLine['stream']) {
    this.#stream = stream;
  }

  /** Empty if there is nothing to store: the mask keeps back the beginning of the line, or the line was split at its very end. */
  take({ text, end }: LinePiece, timeMs: number): readonly EncodedRecord[] {
    if (end === 'line' && !this.#isOpen && !this.#isSplit && text.length * 3 <= lineBytesMax)
      return [{ record: `${this.#headOfWhole(timeMs)}${text}\n`, beginsLine: true }];
    if (text === '' && !this.#isOpen && (this.#isSplit || end !== 'line')) {
      if (end === 'line') this.#isSplit = false;
      return [];
    }
    if (text === '' && end === 'open') return [];
    const texts = fitted(text, lineBytesMax - this.#bytes);
    return texts.map((each, at) =>
      this.#store({ text: each, end: at === texts.length - 1 ? end : 'split' }, timeMs),
    );
  }

  /** Ends the line where it stands: what comes next begins a new one. */
  breakOff(timeMs: number): readonly EncodedRecord[] {
    const records = this.#isOpen ? [this.#store({ text: '', end: 'line' }, timeMs)] : [];
    this.#isSplit = false;
    return records;
  }

  #store({ text, end }: LinePiece, timeMs: number): EncodedRecord {
    const part = this.#partOf(end);
    const continues = !this.#isOpen && this.#isSplit;
    const head = encodeHead({ timeMs, stream: this.#stream, part, continues });
    const beginsLine = !this.#isOpen;
    this.#isOpen = end === 'open';
    this.#isSplit = end === 'split';
    this.#bytes = this.#isOpen ? this.#bytes + Buffer.byteLength(text) : 0;
    return { record: `${head}${text}\n`, beginsLine };
  }

  #partOf(end: LinePiece['end']): RecordPart {
    if (this.#isOpen) return end === 'open' ? 'goes-on' : 'ends';
    return end === 'open' ? 'opens' : 'whole';
  }

  /** A fast step prints many lines in one millisecond. */
  #headOfWhole(timeMs: number): string {
    if (timeMs !== this.#wholeHeadMs) {
      this.#wholeHeadMs = timeMs;
      this.#wholeHead = encodeHead({
        timeMs,
        stream: this.#stream,
        part: 'whole',
        continues: false,
      });
    }
    return this.#wholeHead;
  }
}
