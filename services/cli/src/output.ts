import pc from 'picocolors';
import { inheritedEnvironment } from '#libs/config';
import type { Outcome } from '#libs/events';
import { activeCharacters } from '#libs/kernel';
import { plainText } from '#libs/logs';
import { exitCodes } from './exit-codes.ts';
import { reasonOf } from './file-failure.ts';
import { type Invocation, pasteable } from './invocation.ts';

/** Where words go: `out` is the answer, `err` is everything beside it. */
export interface Output {
  readonly isJson: boolean;
  /** Progress may redraw a line. */
  readonly isTerminal: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  line(text?: string): void;
  /** Text without a line end. */
  part(text: string): void;
  /** On a terminal: clears the last line. */
  restartLine(): void;
  /** How the caller reached this command. */
  readonly invocation: Invocation;
  /** One NDJSON line on stdout. */
  json(value: unknown): void;
  /** Words beside the answer; the commands in their backticks are written as the caller would write them. */
  note(text: string): void;
  /** Called before each note, to end a line that is still open. Does nothing by default. */
  makeRoom: () => void;
}

export function createOutput(isJson: boolean, invocation: Invocation): Output {
  const isTerminal = process.stdout.isTTY === true && !isJson;
  const useColors = !isJson && mayColor(process.stdout);
  const output: Output = {
    isJson,
    isTerminal,
    colors: pc.createColors(useColors),
    line: (text = '') => void process.stdout.write(`${printable(text)}\n`),
    part: (text) => void process.stdout.write(printable(text)),
    restartLine: () => void process.stdout.write('\r\u001b[2K'),
    invocation,
    json: (value) => void process.stdout.write(`${printableJson(value)}\n`),
    note: (text) => {
      output.makeRoom();
      process.stderr.write(`${printable(pasteable(text, invocation))}\n`);
    },
    makeRoom() {},
  };
  return output;
}

/** Characters that a terminal acts on, except line ends, tabs, colours and text styles. */
const active = new RegExp(`(?!\\u001b\\[[0-9;:]*m)[${activeCharacters}]`);

/**
 * Words for a terminal. Names, messages and reasons come from pipelines, repositories and executors: none of them moves the
 * cursor or sets the title, wherever it is printed.
 */
export function printable(text: string): string {
  if (!active.test(text)) return text;
  return text
    .split('\n')
    .map((line) => plainText(line, { colour: true }))
    .join('\n');
}

const activeInJson = new RegExp(`[${activeCharacters}]`, 'g');

/** A value as JSON, in which characters that a terminal acts on are written as escapes. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    activeInJson,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

let needsNoReader = false;

/** From now on the command goes on even if nobody reads its output any more: its work is wanted. */
export function goOnWithoutReader(): void {
  needsNoReader = true;
}

/**
 * A reader that goes away (`millrace events | head`) ends the command without noise, unless `goOnWithoutReader` was called.
 * Another reason for which output cannot be written, such as a full disk, is reported once.
 */
export function handleLostReaders(): void {
  let isTold = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && stream === process.stdout && !isTold) {
        isTold = true;
        process.stderr.write(`the output cannot be written: ${reasonOf(error)}\n`);
      }
      if (!needsNoReader)
        process.exit(error.code === 'EPIPE' ? exitCodes.success : exitCodes.systemError);
    });
  }
}

/** Colours are used on a terminal that takes them, or if they are forced; never with NO_COLOR. */
export function mayColor(stream: { readonly isTTY?: boolean }): boolean {
  return (
    pc.isColorSupported &&
    (stream.isTTY === true || inheritedEnvironment().FORCE_COLOR !== undefined)
  );
}

/** `1 step`, `2 steps`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** Words cut to a width; dots say that some were cut off. */
export function fitted(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** As many items as fit into a width after a head (the first at least in part), and the number of the others: `a, b +3`. */
export function fittedList(head: string, items: readonly string[], width: number): string {
  for (let shown = items.length; shown > 1; shown -= 1) {
    const text = `${head}${items.slice(0, shown).join(', ')}${moreWords(items.length - shown)}`;
    if ([...text].length <= width) return text;
  }
  const more = moreWords(items.length - 1);
  return `${fitted(`${head}${items[0] ?? ''}`, width - more.length)}${more}`;
}

function moreWords(more: number): string {
  return more > 0 ? ` +${more}` : '';
}

/** The mark of an outcome, printed beside its word: colour alone never carries meaning. */
export function outcomeMark(output: Output, outcome: Outcome | 'running' | 'waiting'): string {
  const { colors } = output;
  switch (outcome) {
    case 'success':
      return colors.green('✓');
    case 'failure':
      return colors.red('✗');
    case 'error':
      return colors.red('!');
    case 'timeout':
      return colors.red('⏱');
    case 'cancelled':
      return colors.yellow('⊘');
    case 'skipped':
      return colors.dim('–');
    case 'running':
      return colors.cyan('▶');
    default:
      return colors.dim('·');
  }
}

/** Columns padded to their widest cell; the first row is the head. A cell stays in its row and has no colours. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map((cell) => plainText(cell, { colour: false })));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
