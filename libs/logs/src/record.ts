import type { LogLine } from './log-store.ts';

/** What a record is of its line: all of it, its beginning, a further part, its end. */
export type RecordPart = 'whole' | 'opens' | 'goes-on' | 'ends';

/**
 * How a line lies on disk: 13 digits of Unix milliseconds, one letter for the stream (a capital where the line
 * goes on where the line before it was split), a mark for the part, the text, `\n`. A line of which a part was shown before its
 * end came is several records: `(` its beginning, `~` more of it, `)` its end; others may stand between them. A line's number is
 * the count of beginnings up to it. Short, greppable, and torn writes show themselves: what has not this form, or
 * no `\n`, was never finished and is no record.
 *
 * Letters that are not in use are kept for records of another kind, such as the beginning and the end of a named group.
 */
export interface LogRecord {
  readonly timeMs: number;
  readonly stream: LogLine['stream'];
  readonly part: RecordPart;
  /** The line before it of its stream was too long and was split here. */
  readonly continues: boolean;
  /** Holds no `\n`. */
  readonly text: string;
}

const letters = { output: 'b', stdout: 'o', stderr: 'e', system: 's' } as const;
const marks = { whole: ' ', opens: '(', 'goes-on': '~', ends: ')' } as const;
const timeDigits = 13;
/** Bytes of a record before its text. */
export const headBytes = timeDigits + 2;

const streams = new Map<number, LogLine['stream']>();
for (const [stream, letter] of Object.entries(letters) as [LogLine['stream'], string][]) {
  streams.set(letter.charCodeAt(0), stream);
}
const parts = new Map<number, RecordPart>();
for (const [part, mark] of Object.entries(marks) as [RecordPart, string][]) {
  parts.set(mark.charCodeAt(0), part);
}
/** The bit by which a capital differs from its small letter. */
const smallBit = 0x20;

export function encodeHead({ timeMs, stream, part, continues }: Omit<LogRecord, 'text'>): string {
  const time = String(Math.max(0, Math.trunc(timeMs))).padStart(timeDigits, '0');
  const letter = letters[stream];
  return `${time}${continues ? letter.toUpperCase() : letter}${marks[part]}`;
}

export function encodeRecord(record: LogRecord): string {
  return `${encodeHead(record)}${record.text}\n`;
}

/**
 * @param bytes  a record without its `\n`
 * @returns undefined where it is none
 */
export function decodeRecord(bytes: Buffer): LogRecord | undefined {
  if (!isRecord(bytes, 0, bytes.length)) return undefined;
  const letter = bytes[timeDigits] ?? 0;
  return {
    timeMs: Number(bytes.toString('latin1', 0, timeDigits)),
    // A kind that this version does not know is shown as our own word rather than left out: numbers stay the same.
    stream: streams.get(letter | smallBit) ?? 'system',
    part: parts.get(bytes[timeDigits + 1] ?? 0) ?? 'whole',
    continues: (letter & smallBit) === 0,
    text: bytes.toString('utf8', headBytes),
  };
}

/** Whether bytes from `at` to before `end` have the form of a record. */
export function isRecord(bytes: Buffer, at: number, end: number): boolean {
  if (end - at < headBytes) return false;
  for (let digit = at; digit < at + timeDigits; digit += 1) {
    const byte = bytes[digit] ?? 0;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  const letter = (bytes[at + timeDigits] ?? 0) | smallBit;
  return letter >= 0x61 && letter <= 0x7a && parts.has(bytes[at + timeDigits + 1] ?? 0);
}

/** Whether the record that begins at `at` is the first of its line. */
export function beginsLine(bytes: Buffer, at: number): boolean {
  const part = parts.get(bytes[at + timeDigits + 1] ?? 0);
  return part === 'whole' || part === 'opens';
}
