import { type Clock, formatDuration } from '#libs/kernel';
import type { LogGroup } from '#libs/logs';
import type { SandboxOutput } from '#libs/sandbox';
import { commandEcho } from './command-files.ts';

/** The part of an attempt's log that is written here. */
export interface GroupLog {
  write(stream: SandboxOutput['stream'], bytes: Uint8Array): Promise<void>;
  say(text: string): Promise<void>;
  group(group: LogGroup, text: string): Promise<void>;
}

/** The longest number of a command has four digits. */
const digitsMax = 4;
const markEnd = 0x07;
const markBegin = 0x1b;

/**
 * What the step's shell prints before it begins a command. It has the form in which programs set a terminal's title (OSC), with a
 * kind that terminals do not know and ignore. The word is new for each attempt, so that no output looks like it by accident; a
 * step that forges it only disturbs its own log, and nothing but the log is made from it.
 */
export function commandMark(word: string, command: number): string {
  return `\u001b]millrace;${word};${command}\u0007`;
}

/** Takes the marks out of a step's output and shows each command of a list as a group: its text, its output, its time. */
export class CommandGroups {
  readonly #log: GroupLog;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #commands: readonly string[];
  readonly #losesMarks: boolean;
  readonly #head: Buffer;
  /** The end of the output so far, if it may be the beginning of a mark. */
  #held: Buffer = Buffer.alloc(0);
  #stream: SandboxOutput['stream'] = 'output';
  #current: { readonly command: number; readonly startMs: number } | undefined;

  constructor(parts: {
    readonly commands: readonly string[];
    readonly word: string;
    /** A command that turns the shell's output elsewhere takes the marks along. */
    readonly losesMarks: boolean;
    readonly log: GroupLog;
    readonly clock: Pick<Clock, 'monotonicMs'>;
  }) {
    this.#log = parts.log;
    this.#clock = parts.clock;
    this.#commands = parts.commands;
    this.#losesMarks = parts.losesMarks;
    this.#head = Buffer.from(commandMark(parts.word, 0).slice(0, -2));
  }

  async take({ stream, bytes }: SandboxOutput): Promise<void> {
    // A command alone has no marks; the others print them on the stream that stdout is part of.
    if (this.#commands.length === 1 || stream === 'stderr') return this.#log.write(stream, bytes);
    this.#stream = stream;
    let rest = Buffer.concat([this.#held, bytes]);
    for (let at = rest.indexOf(this.#head); at >= 0; at = rest.indexOf(this.#head)) {
      const behind = rest.subarray(at + this.#head.length);
      const digits = behind.subarray(0, digitsMax + 1).indexOf(markEnd);
      await this.#write(rest.subarray(0, at));
      rest = rest.subarray(at);
      // The rest of the mark comes later.
      if (digits < 0 && behind.length <= digitsMax) break;
      rest = behind.subarray(digits + 1);
      if (digits > 0) await this.#begin(Number(behind.toString('latin1', 0, digits)));
    }
    const held = this.#possibleMark(rest);
    await this.#write(rest.subarray(0, rest.length - held.length));
    this.#held = Buffer.from(held);
  }

  /**
   * The step has ended.
   *
   * @param isOwnEnd  nobody ended it: commands that have not begun were passed over by the step's own shell
   */
  async finish(isOwnEnd: boolean): Promise<void> {
    // A full log was already reported to the writer.
    await this.#write(this.#held).catch(() => {});
    this.#held = Buffer.alloc(0);
    const last = this.#current?.command;
    await this.#end();
    if (isOwnEnd && last !== undefined && last < this.#commands.length)
      await this.#log.say(this.#endsEarly(last));
  }

  /** An `exit 0` is green, and `[ -f x ] && y` says nothing: who reads the log must see that the rest did not run. */
  #endsEarly(last: number): string {
    const doubt = this.#losesMarks ? ', or the output was turned elsewhere there' : '';
    return `${last} of ${this.#commands.length} commands ran: the step’s shell ended in command ${last}${doubt}`;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#log.write(this.#stream, bytes);
  }

  /** What stands at the end of the bytes and may be the beginning of a mark. */
  #possibleMark(bytes: Buffer): Buffer {
    if (bytes.indexOf(this.#head) === 0) return bytes;
    const first = Math.max(0, bytes.length - this.#head.length + 1);
    for (let at = bytes.indexOf(markBegin, first); at >= 0; at = bytes.indexOf(markBegin, at + 1)) {
      const end = bytes.subarray(at);
      if (this.#head.subarray(0, end.length).equals(end)) return end;
    }
    return bytes.subarray(bytes.length);
  }

  async #begin(command: number): Promise<void> {
    const text = this.#commands[command - 1];
    // Commands come in order; anything else is forged.
    if (text === undefined || command <= (this.#current?.command ?? 0)) return;
    await this.#end();
    this.#current = { command, startMs: this.#clock.monotonicMs() };
    const [heading = '', ...more] = commandEcho(text);
    const of = this.#commands.length;
    await this.#log.group({ edge: 'begins', command, of }, heading);
    for (const line of more) await this.#log.say(line);
  }

  async #end(): Promise<void> {
    if (!this.#current) return;
    const { command, startMs } = this.#current;
    const durationMs = Math.round(this.#clock.monotonicMs() - startMs);
    const group = { edge: 'ends', command, of: this.#commands.length, durationMs } as const;
    await this.#log.group(group, `took ${formatDuration(durationMs)}`);
    this.#current = undefined;
  }
}
