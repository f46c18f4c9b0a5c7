import { join } from 'node:path';
import { shellWord } from '#libs/kernel';
import type { StepShell } from './step-shell.ts';

export interface CommandFiles {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  /** The command line that runs the files. */
  readonly argv: readonly string[];
}

/**
 * Where bash keeps the step's output while a command may turn its own elsewhere; closed while commands run. Bash gives numbers
 * from 10 up and from 63 down to what commands open; and a command may set a limit, of which 64 is a usual one.
 */
const outputFd = 45;

/** Of a command that bash gets as an argument, which saves the step a file and a process. Linux takes 128 KiB as one argument. */
const inlineBytesMax = 64 * 1024;

/**
 * The files of a step. Each command is one of its own, which the step's shell reads in order: directory, variables, functions and
 * options last, and what a command leaves open (a quote, a here-document) ends with its file. A command alone is run as it is,
 * by bash without a file.
 *
 * @param options.directory  where the step sees them
 * @param options.mark       printed before command n: `mark(n)`
 */
export function commandFiles(
  commands: readonly string[],
  options: {
    readonly directory: string;
    readonly shell: StepShell;
    readonly mark: (command: number) => string;
  },
): CommandFiles {
  const { directory, shell } = options;
  const argvOf = (name: string) =>
    shell.argv.map((word) => word.replaceAll('{0}', join(directory, name)));
  const [first = ''] = commands;
  const isAlone = commands.length === 1 && !mayHoldHereDocument(first);
  if (isAlone && shell.inlineArgv && Buffer.byteLength(first) <= inlineBytesMax)
    return { files: [], argv: [...shell.inlineArgv, `${first}\n`] };
  if (shell.kind === 'program' || isAlone)
    return { files: [{ name: 'command', text: `${first}\n` }], argv: argvOf('command') };
  const files = commands.map((command, at) => ({
    name: `command-${at + 1}`,
    text: `${loudAgain}; ${command}\n${mayHoldHereDocument(command) ? `\n${endLine}\n` : ''}`,
  }));
  return {
    files: [{ name: 'main', text: mainText(commands, options) }, ...files],
    argv: argvOf('main'),
  };
}

/**
 * Of what `set -x`, `set -v` and a DEBUG trap show, only that of the commands is to be seen. So our own lines begin with a quiet
 * one that keeps the status and ends all three; the command's first line, whose number stays, turns the options on again.
 * Bash itself keeps a DEBUG trap from the next command, as that is a file of its own; only behind `set -T` something is lost.
 */
const quietly = (isBash: boolean) =>
  isBash ? `{ ${keepState}; trap - DEBUG; } >/dev/null 2>&1` : `{ ${keepState}; } 2>/dev/null`;
const keepState = '__millrace_status=$? __millrace_options=$-; set +vx';
const loudAgain = ['v', 'x']
  .map((option) => `case $__millrace_options in *${option}*) set -${option} ;; esac`)
  .join('; ');

/** A variable that the last line of a command's file sets: if it is empty afterwards, the shell did not come that far. */
const endVariable = '__millrace_end';

/**
 * Stands behind a command that may hold a here-document, and an empty line before it, which ends a line that goes on. It keeps
 * the status of the command, and is quiet under `set -x`. An open here-document takes it as text and may print it, so it says
 * what it is, without a character that could end something else that is open. To read the command without running it (`-n`) is
 * no substitute: options and aliases that it sets itself change how the rest is read.
 */
const endLine = `{ ${endVariable}=$?; } 2>/dev/null # by Millrace: a here-document above that has no end mark takes this line as text`;

function mayHoldHereDocument(command: string): boolean {
  return command.includes('<<');
}

/** One block, which the shell has read wholly before the first command can give words another meaning (`alias exit=:`). */
function mainText(
  commands: readonly string[],
  { directory, shell, mark }: Parameters<typeof commandFiles>[1],
): string {
  const isBash = shell.kind === 'bash';
  const closed = isBash ? ` ${outputFd}>&-` : '';
  const lines = commands.flatMap((command, at) => {
    const number = at + 1;
    return [
      ...(commands.length > 1 ? [printed(mark(number), isBash)] : []),
      ...(mayHoldHereDocument(command) ? [`${endVariable}=`] : []),
      `. ${shellWord(join(directory, `command-${number}`))}${closed}`,
      quietly(isBash),
      // Also a list such as `a && b`, which `-e` forgives, ends the step, and so it does behind `set +e`.
      'case $__millrace_status in 0) ;; *) command exit "$__millrace_status" ;; esac',
      ...(mayHoldHereDocument(command) ? [endCheck(command, number)] : []),
    ];
  });
  const first = [quietly(isBash), ...(isBash ? [`exec ${outputFd}>&1`] : [])];
  // What the step's own trap does at the end is traced, too.
  return `${['{', ...first, ...lines, loudAgain, '}'].join('\n')}\n`;
}

/** No failure if the output is closed. If bash has lost what it kept, as behind `ulimit -n 16`, it is the command's own. */
function printed(mark: string, isBash: boolean): string {
  const bytes = [...Buffer.from(mark)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`);
  const print = `command printf '${bytes.join('')}'`;
  return `{ ${isBash ? `${print} >&${outputFd} || ` : ''}${print}; } 2>/dev/null || :`;
}

/**
 * What follows a command whose file has an end line. Bash warns of a here-document without its end and goes on, others say
 * nothing. A command that leaves its file by `return` does not come to the end line either, so that one is not judged.
 */
function endCheck(command: string, number: number): string {
  const left = /\breturn\b/.test(command)
    ? ''
    : `'') command printf '%s\\n' 'command ${number}: a here-document (<<) is not closed: its end mark must stand alone on a line' >&2; command exit 2 ;; `;
  return `case $${endVariable} in 0) ;; ${left}?*) command exit "$${endVariable}" ;; esac`;
}

const echoCharactersMax = 500;

/** How the log announces a command: its lines, the first behind `$`, at most 500 characters. */
export function commandEcho(command: string): string[] {
  const trimmed = command.trim();
  const text =
    trimmed.length > echoCharactersMax ? `${trimmed.slice(0, echoCharactersMax)} …` : trimmed;
  return text.split('\n').map((line, at) => `${at === 0 ? '$' : '>'} ${line}`);
}
