import { constants } from 'node:os';

/** The descriptor of the socket between the container's first process and the executor. */
export const controlFd = 3;

/**
 * The container's first process: a shell that stays, because the first process of a pid namespace is deaf to TERM and has
 * to reap what the step leaves. It waits for its line, which the executor writes when the start of the attempt is
 * acknowledged, then runs the step and says how it ended. Then it stays until the executor ends it: with it the kernel ends
 * what the step left, and after a TERM that may still be at work. When the executor dies first, its end of the socket
 * closes and the container ends. The step gets neither the socket nor a way to open it: sockets cannot be opened through
 * /proc. What the shell itself says (the name of a signal) goes to the executor, not into the log.
 *
 * `$?` tells a signal as 128 + its number, like a program that exits with that code. Of a job in the background the shell
 * knows more: `jobs` says `Done(141)` or `Broken pipe`. But without job control it starts that deaf to INT and QUIT,
 * which only a program can undo. If `env` cannot, the step runs in the foreground and the shell names every signal but
 * INT and PIPE by itself. A bash has job control without a terminal and names them all; there `wait` takes a step that is
 * stopped for one that has ended, and so does `wait -f` if it was stopped before.
 *
 * @param resetsSignals  whether the image's `env` knows `--default-signal`
 */
export function initScript(resetsSignals: boolean): string {
  const own = `2>&4 4>&- ${controlFd}>&-`;
  return [
    `exec 4>&2 2>&${controlFd}`,
    `read -r go <&${controlFd} || exit 125`,
    `[ -x "$1" ] || { echo "missing $1" >&${controlFd}; exit 127; }`,
    `echo run >&${controlFd}`,
    `if [ -n "$BASH_VERSION" ]; then set -m; (exec "$@" ${own}) &`,
    `while wait $!; ended=$?; [ $ended -gt 128 ] && [ -n "$(jobs -s)" ]; do`,
    // Until it goes on; what comes from the executor now is its death.
    `read -r -t 0.5 go <&${controlFd}; [ $? -gt 128 ] || exit 125; done`,
    ...(resetsSignals
      ? [
          // What holds a "=" is no program to env.
          `else case $1 in *=*) set -- /bin/sh -c 'exec "$0" "$@"' "$@";; esac`,
          `/usr/bin/env --default-signal=INT,QUIT "$@" ${own} & wait $!; ended=$?; fi`,
        ]
      : // In brackets, as a shell applies a plain command's redirections to itself while it waits.
        [`else (exec "$@" ${own}); ended=$?; fi`]),
    `jobs >&${controlFd}`,
    `echo "= $ended" >&${controlFd}`,
    `read -r go <&${controlFd}`,
  ].join('\n');
}

/** The line of the first process when the step has ended; the number is the exit status in the shell's form. */
export const statusLine = /(?:^|\n)= (\d{1,3})\n/;

export interface StepStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** Reads the output of the first process. Without a status line it was killed. */
export function parseStatus(said: string): StepStatus {
  const found = statusLine.exec(said);
  if (!found) return { exitCode: null, signal: 'SIGKILL' };
  const code = Number(found[1]);
  const words = said.slice(0, found.index).replace(/^run\n?/, '');
  const isNamed = words.trim() !== '' && !/Done|Exit/.test(words);
  const signal = code > 128 && isNamed ? signalName(code - 128) : undefined;
  return signal === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal };
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}
