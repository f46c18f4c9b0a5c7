import type { FileHandle } from 'node:fs/promises';
import type { LogLine } from './log-store.ts';
import { decodeRecord, type LogRecord } from './record.ts';
import { RecordScanner } from './record-scanner.ts';

interface OpenLine {
  readonly line: number;
  /** Parts before this place in the file are given out. */
  readonly seenTo: number;
  readonly hasEnded: boolean;
}

/**
 * Puts lines together that lie in several records. At the beginning of one it looks ahead: who reads later, or does not
 * follow, gets whole lines in the order of their numbers; who follows gets what is there of the last one, then the rest.
 */
export class OpenLines {
  readonly #handle: FileHandle;
  readonly #isComplete: boolean;
  readonly #lines = new Map<LogLine['stream'], OpenLine>();

  /** @param options.isComplete  nothing is written any more: a line without its end has none */
  constructor(handle: FileHandle, options: { readonly isComplete: boolean }) {
    this.#handle = handle;
    this.#isComplete = options.isComplete;
  }

  /** The rest of a line that was given out in part may still come. */
  get hasUnfinished(): boolean {
    return [...this.#lines.values()].some(({ hasEnded }) => !hasEnded);
  }

  /**
   * The records of a log one after the other, from one that begins a line on.
   *
   * @param at.line  the line's number, if the record begins one
   * @param at.end   the place behind the record
   * @returns undefined for a part that was given out already, or belongs to a line that is not wanted
   */
  async take(
    record: LogRecord,
    at: { readonly line: number; readonly end: number },
  ): Promise<LogLine | undefined> {
    const { stream, part } = record;
    if (part === 'whole') {
      // Its stream has moved on: whatever was open had its end torn off.
      this.#lines.delete(stream);
      return lineOf(record, at.line);
    }
    if (part === 'opens') return this.#begin(record, at);
    const open = this.#lines.get(stream);
    if (!open || open.hasEnded || at.end <= open.seenTo) return undefined;
    const hasEnded = part === 'ends';
    this.#lines.set(stream, { ...open, hasEnded });
    return lineOf({ ...record, continues: true }, open.line, !hasEnded);
  }

  async #begin(
    record: LogRecord,
    { line, end }: { readonly line: number; readonly end: number },
  ): Promise<LogLine> {
    const { text, hasEnded, seenTo } = await this.#lookAhead(record, end);
    this.#lines.set(record.stream, { line, hasEnded, seenTo });
    return lineOf({ ...record, text }, line, !hasEnded && !this.#isComplete);
  }

  /** The part of the line that is there. The lines of one stream do not overlap, so that nothing is read more than once for each stream. */
  async #lookAhead(
    first: LogRecord,
    end: number,
  ): Promise<{ readonly text: string; readonly hasEnded: boolean; readonly seenTo: number }> {
    const scanner = new RecordScanner(this.#handle, end);
    let { text } = first;
    for (let found = await scanner.next(); found !== undefined; found = await scanner.next()) {
      for (const { offset, bytes } of found) {
        const record = decodeRecord(bytes);
        if (record?.stream !== first.stream) continue;
        const isFurther = record.part === 'goes-on' || record.part === 'ends';
        // A new line of its stream: the end of this one was torn off.
        if (!isFurther) return { text, hasEnded: true, seenTo: offset };
        text += record.text;
        if (record.part === 'ends')
          return { text, hasEnded: true, seenTo: offset + bytes.length + 1 };
      }
    }
    return { text, hasEnded: false, seenTo: scanner.position };
  }
}

function lineOf(record: LogRecord, line: number, isOpen = false): LogLine {
  return {
    line,
    time: new Date(record.timeMs).toISOString(),
    stream: record.stream,
    text: record.text,
    ...(record.continues ? { continues: true } : {}),
    ...(isOpen ? { open: true } : {}),
    ...(record.group ? { group: record.group } : {}),
  };
}
