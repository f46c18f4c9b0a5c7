import type { LogLineDto } from '#libs/api-contract';
import { trimEndOf } from '#libs/kernel';
import { lastSegment, plainText } from '#libs/logs';
import type { Output } from './output.ts';

interface Shown {
  /** Whose line it is: the step, or nothing if only one log is shown. */
  readonly owner: string;
  readonly line: number;
  /** The text ended with a carriage return: the next text overwrites it. */
  readonly isReturned: boolean;
  /** The text that overwrote what is shown, for an output that cannot take anything back. */
  readonly held: string | undefined;
}

/**
 * Prints lines of logs. The part of an open line stays at the end of the screen without a line end, and its rest follows if it
 * comes next; if other words came between, the rest stands on a line of its own behind the owner's prefix and dots.
 * Of a line that overwrites itself the last words stay: on a terminal at once, in a pipe when the line has ended.
 */
export class LogLines {
  readonly #output: Output;
  /** The line that has no end on the screen yet. */
  #open: Shown | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** @param prefix  what stands before each line of this log */
  print(owner: string, line: LogLineDto, prefix: string): void {
    const open = this.#open;
    const isNext = open?.owner === owner && open.line === line.line;
    const before = isNext ? open : undefined;
    const text = `${before?.isReturned ? '\r' : ''}${line.text}`;
    const shown = lastSegment(text);
    const overwrites = shown.length < trimEndOf(text, '\r').length;
    let held: string | undefined;
    if (before === undefined) this.#begin(line, shown, `${prefix}${this.#dots(line)}`);
    else if (!overwrites && before.held === undefined) this.#output.part(this.#plain(line, shown));
    else if (this.#output.isTerminal) {
      this.#output.restartLine();
      this.#output.part(`${prefix}${this.#plain(line, shown)}`);
    } else held = overwrites ? shown : `${before.held}${shown}`;
    if (line.open) {
      const isReturned = line.text.endsWith('\r');
      this.#open = { owner, line: line.line, isReturned, held };
      return;
    }
    if (held !== undefined) this.#begin(line, held, `${prefix}${this.#dots({ continues: true })}`);
    this.#output.line();
    this.#open = undefined;
  }

  #begin(line: LogLineDto, text: string, prefix: string): void {
    this.endLine();
    this.#output.part(`${prefix}${this.#plain(line, text)}`);
  }

  #dots({ continues }: Pick<LogLineDto, 'continues'>): string {
    return continues ? this.#output.colors.dim('… ') : '';
  }

  #plain(line: LogLineDto, text: string): string {
    const plain = plainText(text, { colour: this.#output.colors.isColorSupported });
    return line.stream === 'system' ? this.#ownWords(line, plain) : plain;
  }

  /** A command of a list has a heading, and its time at its end. */
  #ownWords({ group }: LogLineDto, text: string): string {
    const { colors } = this.#output;
    if (group?.edge === 'begins')
      return `${colors.dim('┌')} ${colors.bold(text)}${colors.dim(`  (${group.command} of ${group.of})`)}`;
    return colors.dim(group ? `└ ${text}` : text);
  }

  /** Called before anything else is printed. */
  endLine(): void {
    if (this.#open) this.#output.line();
    this.#open = undefined;
  }
}
