import type { LogLine } from './log-store.ts';

/**
 * How a line lies on disk: 13 digits of Unix milliseconds, one letter for the stream (a capital where the line
 * continues the one before), a space, the text, `\n`. A line's number is its place in the file.
 * Short, greppable, and torn writes show themselves: a record without its `\n` was never finished.
 */
export interface LogRecord {
  readonly timeMs: number;
  readonly stream: LogLine['stream'];
  readonly continues: boolean;
  /** Holds no `\n`. */
  readonly text: string;
}

const letters = { stdout: 'o', stderr: 'e', system: 's' } as const;
const timeDigits = 13;
const headLength = timeDigits + 2;

export function encodeRecord({ timeMs, stream, continues, text }: LogRecord): string {
  const time = String(Math.max(0, Math.trunc(timeMs))).padStart(timeDigits, '0');
  const letter = letters[stream];
  return `${time}${continues ? letter.toUpperCase() : letter} ${text}\n`;
}

/**
 * @param record  the bytes of one record without its `\n`
 * @param line    its number
 */
export function decodeRecord(record: Buffer, line: number): LogLine {
  const timeMs = Number(record.toString('latin1', 0, timeDigits));
  const letter = String.fromCharCode(record[timeDigits] ?? 0);
  const shown = {
    line,
    time: new Date(timeMs || 0).toISOString(),
    stream: streamOf(letter.toLowerCase()),
    text: record.toString('utf8', headLength),
  };
  return letter < 'a' ? { ...shown, continues: true } : shown;
}

function streamOf(letter: string): LogLine['stream'] {
  if (letter === 'o') return 'stdout';
  return letter === 'e' ? 'stderr' : 'system';
}
