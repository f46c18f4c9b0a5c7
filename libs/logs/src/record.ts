import type { LogGroup, LogLine } from './log-store.ts';

/** What a record is of its line: all of it, its beginning, a further part, its end. */
export type RecordPart = 'whole' | 'opens' | 'goes-on' | 'ends';

/**
 * How a line lies on disk: 13 digits of Unix milliseconds, one letter for the stream (a capital if the line
 * goes on where the line before it was split), a mark for the part, the text, `\n`. A line of which a part was shown before its
 * end came is several records: `(` its beginning, `~` more of it, `)` its end; others may stand between them. A line's number is
 * the count of beginnings up to it. Short, greppable, and torn writes show themselves: what has not this form, or
 * no `\n`, was never finished and is no record.
 *
 * `g` and `h` are the beginning and the end of a group: `2/3 $ make test`, `2/3 1500 took 1.5s`. Letters that are not in use are
 * kept for records of another kind.
 */
export interface LogRecord {
  readonly timeMs: number;
  readonly stream: LogLine['stream'];
  readonly part: RecordPart;
  /** The line before it of its stream was too long and was split here. */
  readonly continues: boolean;
  /** Holds no `\n`. */
  readonly text: string;
  readonly group?: LogGroup;
}

const letters = { output: 'b', stdout: 'o', stderr: 'e', system: 's' } as const;
const groupLetters = { begins: 'g', ends: 'h' } as const;
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

/** The first or the last line of a group. */
export function encodeGroup(
  group: LogGroup,
  { timeMs, text }: Pick<LogRecord, 'timeMs' | 'text'>,
): string {
  const head = encodeHead({ timeMs, stream: 'system', part: 'whole', continues: false });
  const letter = groupLetters[group.edge];
  const duration = group.edge === 'ends' ? ` ${Math.round(group.durationMs ?? 0)}` : '';
  return `${head.slice(0, timeDigits)}${letter} ${group.command}/${group.of}${duration} ${text}\n`;
}

export function encodeRecord(record: LogRecord): string {
  return `${encodeHead(record)}${record.text}\n`;
}

/**
 * @param bytes  a record without its `\n`
 * @returns undefined if it is none
 */
export function decodeRecord(bytes: Buffer): LogRecord | undefined {
  if (!isRecord(bytes, 0, bytes.length)) return undefined;
  const letter = bytes[timeDigits] ?? 0;
  const text = bytes.toString('utf8', headBytes);
  return {
    timeMs: Number(bytes.toString('latin1', 0, timeDigits)),
    // A kind that this version does not know is shown as a system line rather than left out, so that numbers stay the same.
    stream: streams.get(letter | smallBit) ?? 'system',
    part: parts.get(bytes[timeDigits + 1] ?? 0) ?? 'whole',
    continues: (letter & smallBit) === 0,
    ...(groupOf(String.fromCharCode(letter), text) ?? { text }),
  };
}

function groupOf(letter: string, text: string): Pick<LogRecord, 'text' | 'group'> | undefined {
  const edge = letter === groupLetters.begins ? 'begins' : 'ends';
  if (letter !== groupLetters[edge]) return undefined;
  const [, command, of, duration, rest = ''] =
    (edge === 'begins' ? /^(\d+)\/(\d+)()? (.*)$/s : /^(\d+)\/(\d+) (\d+) (.*)$/s).exec(text) ?? [];
  if (command === undefined) return undefined;
  const group = { edge, command: Number(command), of: Number(of) } as const;
  return {
    text: rest,
    group: edge === 'ends' ? { ...group, durationMs: Number(duration) } : group,
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
