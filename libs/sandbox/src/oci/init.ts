import { constants } from 'node:os';

/** The descriptor on which the container's first process and the executor speak. */
export const controlFd = 3;

/**
 * The container's first process: a shell that stays, because the first process of a pid namespace is deaf to TERM and has
 * to reap what the step leaves. It waits for its line, which the executor writes when the start of the attempt is
 * acknowledged, then runs the step in the foreground and says how it ended. When the executor dies first, its end of the
 * socket closes and the container ends without having run anything. The step gets neither the socket nor a way to open it:
 * sockets cannot be opened through /proc. What the shell itself says (the name of a signal) goes to the executor, not into
 * the log; the brackets are for that, as a shell applies a plain command's redirections to itself while it waits.
 */
export const initScript = [
  `exec 4>&2 2>&${controlFd}`,
  `read -r go <&${controlFd} || exit 125`,
  `[ -x "$1" ] || { echo "missing $1" >&${controlFd}; exit 127; }`,
  `echo run >&${controlFd}`,
  `(exec "$@" 2>&4 4>&- ${controlFd}>&-)`,
  `echo "= $?" >&${controlFd}`,
].join('\n');

export interface StepStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/**
 * Reads what the first process said until its socket closed. The shell tells a signal as 128 + its number, like a program
 * that exits with that code; it names the signal only where there was one. Without a status the first process was killed.
 */
export function parseStatus(said: string): StepStatus {
  const found = /(?:^|\n)= (\d{1,3})\n$/.exec(said);
  if (!found) return { exitCode: null, signal: 'SIGKILL' };
  const code = Number(found[1]);
  const words = said.slice(0, found.index).replace(/^run\n?/, '');
  const signal = code > 128 && words.trim() !== '' ? signalName(code - 128) : undefined;
  return signal === undefined ? { exitCode: code, signal: null } : { exitCode: null, signal };
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}
