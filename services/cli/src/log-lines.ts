import type { LogLineDto } from '#libs/api-contract';
import { plainText } from '#libs/logs';
import type { Output } from './output.ts';

interface Shown {
  /** Whose line it is: the step, or nothing where only one log is shown. */
  readonly owner: string;
  readonly line: number;
}

/**
 * Prints lines of logs. The part of an open line stays at the end of the screen without a line end and is gone on with where
 * its rest comes next; where other words came between, the rest stands on a line of its own behind the owner's prefix and dots.
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
    const { colors } = this.#output;
    const isNext = this.#open?.owner === owner && this.#open.line === line.line;
    const plain = plainText(line.text, { colour: colors.isColorSupported });
    const text = line.stream === 'system' ? this.#ownWords(line, plain) : plain;
    if (isNext) this.#output.part(text);
    else {
      this.endLine();
      this.#output.part(`${prefix}${line.continues ? colors.dim('… ') : ''}${text}`);
    }
    if (line.open) this.#open = { owner, line: line.line };
    else {
      this.#output.line();
      this.#open = undefined;
    }
  }

  /** A command of a list has a heading, and its time where it ends. */
  #ownWords({ group }: LogLineDto, text: string): string {
    const { colors } = this.#output;
    if (group?.edge === 'begins')
      return `${colors.dim('┌')} ${colors.bold(text)}${colors.dim(`  (${group.command} of ${group.of})`)}`;
    return colors.dim(group ? `└ ${text}` : text);
  }

  /** Before anything else is printed. */
  endLine(): void {
    if (this.#open) this.#output.line();
    this.#open = undefined;
  }
}
