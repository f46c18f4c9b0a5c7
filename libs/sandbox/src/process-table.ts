import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The fields of `/proc/PID/stat` that are used. */
export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** Ticks since boot, as text. With the pid it names a process for one boot of the machine. */
  readonly startTicks: string;
}

/** Reads the text of `/proc/PID/stat`. The command name may hold anything, `)` and newlines included. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
  const [state, parent, group, session] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return {
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTicks,
  };
}

/** Undefined if there is no such process, or no `/proc`. Zombies count. */
export function readProcess(pid: number): ProcessStat | undefined {
  const text = readProcFile(`${pid}/stat`);
  return text === undefined ? undefined : parseProcessStat(text);
}

export function isAlive(stat: ProcessStat | undefined): boolean {
  return stat !== undefined && stat.state !== 'Z' && stat.state !== 'X';
}

/** Whether the process that was seen with this pid and start time still runs. */
export function isStillRunning(pid: number, startTicks: string): boolean {
  const stat = readProcess(pid);
  return isAlive(stat) && stat?.startTicks === startTicks;
}

/** A point in the machine's stream of forks: processes that come later have a higher pid, unless the numbers wrapped. */
export interface ForkMark {
  readonly pid: number;
  readonly forks: number;
}

export function forkMark(pid: number): ForkMark {
  return { pid, forks: forksSinceBoot() };
}

/**
 * The pids that may belong to processes born after the mark. Reading every process costs milliseconds on a busy
 * machine, and most steps end long before the pids have gone once round, so that those given out since are enough.
 */
export function pidsSince(mark: ForkMark | undefined): number[] {
  const pids = allPids();
  if (mark === undefined) return pids;
  // `0.20 0.18 0.12 RUNNING/THREADS LAST_PID`, see proc(5).
  const [, threads = 0, lastPid = 0] =
    /\/(\d+) (\d+)$/.exec(readProcFile('loadavg')?.trim() ?? '')?.map(Number) ?? [];
  const pidMax = Number(readProcFile('sys/kernel/pid_max') ?? 0);
  const born = forksSinceBoot() - mark.forks;
  // Each thread has a number, and those in use are skipped when one is given out.
  const hasWrapped = lastPid < mark.pid || born + threads >= pidMax;
  return hasWrapped ? pids : pids.filter((pid) => pid >= mark.pid && pid <= lastPid);
}

/** The living processes of the pid namespace that a process is in, itself included. */
export function pidsInNamespaceOf(pid: number): number[] {
  const namespace = pidNamespace(pid);
  return namespace === undefined
    ? []
    : allPids().filter((other) => pidNamespace(other) === namespace && isAlive(readProcess(other)));
}

/** Undefined for a process that has ended or is not ours. */
function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** The environment of a process as it was when it was executed; empty for a process that has ended or is not ours. */
export function readEnvironment(pid: number): readonly string[] {
  return readProcFile(`${pid}/environ`)?.split('\0') ?? [];
}

export function bootId(): string {
  return readProcFile('sys/kernel/random/boot_id')?.trim() ?? 'unknown';
}

function forksSinceBoot(): number {
  return Number(/^processes (\d+)$/m.exec(readProcFile('stat') ?? '')?.[1] ?? 0);
}

function allPids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // no /proc here
  }
}

/** Latin-1, so that bytes that are no UTF-8 survive comparison. */
function readProcFile(name: string): string | undefined {
  try {
    return readFileSync(`/proc/${name}`, 'latin1');
  } catch {
    return undefined; // the process ended meanwhile, or it is another user's
  }
}
