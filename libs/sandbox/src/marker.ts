import {
  type ForkMark,
  isAlive,
  isStillRunning,
  type ProcessStat,
  pidsSince,
  readEnvironment,
  readProcess,
} from './process-table.ts';

/**
 * The variable by which a process is known to belong to a sandbox of the `process` driver, wherever it went: children
 * inherit it through `setsid` and double forks. Only a process that also empties its environment cannot be found.
 */
export const markerVariable = 'MILLRACE_SANDBOX_ID';

/**
 * The value of the marker for a sandbox: its name behind those of the sandboxes that this executor itself runs in,
 * so that an outer sandbox that ends takes what inner ones started with it.
 */
export function markerValue(name: string): string {
  const outer = readEnvironment(process.pid).find((entry) =>
    entry.startsWith(`${markerVariable}=`),
  );
  return outer === undefined ? name : `${outer.slice(markerVariable.length + 1)}/${name}`;
}

export function carriesMarker(environment: readonly string[], name: string): boolean {
  const entry = environment.find((candidate) => candidate.startsWith(`${markerVariable}=`));
  return (
    entry
      ?.slice(markerVariable.length + 1)
      .split('/')
      .includes(name) ?? false
  );
}

/** The first process of a sandbox. */
export interface FirstProcess {
  readonly pid: number;
  readonly startTicks: string;
}

/**
 * Pids of the living processes of a sandbox: those of the first process's group or session, and those that carry
 * the marker.
 *
 * @param since  where it started; undefined looks at every process of the machine
 */
export function findMembers(
  name: string,
  first: FirstProcess | undefined,
  since: ForkMark | undefined,
): number[] {
  const leader = first !== undefined && ownsItsPid(first) ? first.pid : undefined;
  return pidsSince(since).filter((pid) => {
    const stat = readProcess(pid);
    if (stat === undefined || !isAlive(stat)) return false;
    if (leader !== undefined && isLedBy(stat, leader)) return true;
    return carriesMarker(readEnvironment(pid), name);
  });
}

function isLedBy(stat: ProcessStat, leader: number): boolean {
  return stat.group === leader || stat.session === leader;
}

/** A pid is not given out again while a group or session of that number lives; another process with it is a stranger. */
function ownsItsPid(first: FirstProcess): boolean {
  return readProcess(first.pid) === undefined || isStillRunning(first.pid, first.startTicks);
}

/** Sends a signal to each process; those that ended meanwhile are skipped. */
export function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile, or runs as another user, whose processes we may not signal.
    }
  }
}
