/**
 * The file that `/bin/sh -e` runs: the commands in order, each ended by a check of its status, so that also a list such
 * as `a && b`, which `-e` forgives, ends the step. One shell for all: `cd` and variables last.
 * The empty line keeps a trailing backslash of a command from swallowing the check.
 */
export function commandScript(commands: readonly string[]): string {
  return commands.map((command) => `${command}\n\ncase $? in 0) ;; *) exit $? ;; esac\n`).join('');
}

const echoCharactersMax = 500;

/** How the log announces a command: its lines, the first behind `$`, at most 500 characters. */
export function commandEcho(command: string): string[] {
  const trimmed = command.trim();
  const text =
    trimmed.length > echoCharactersMax ? `${trimmed.slice(0, echoCharactersMax)} …` : trimmed;
  return text.split('\n').map((line, at) => `${at === 0 ? '$' : '>'} ${line}`);
}
