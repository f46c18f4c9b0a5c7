import type { AttemptReport, Cause } from '#libs/events';
import type { StopRequest } from '#libs/executor-protocol';
import { Fault } from '#libs/kernel';
import { exitReason, type SandboxExit } from '#libs/sandbox';

/** How a command ended. */
export interface CommandEnd {
  readonly exit: SandboxExit;
  /** The request to stop at the end of the command; a later one changes nothing. */
  readonly stopReason: StopRequest['reason'] | undefined;
  readonly timedOut: boolean;
  readonly driver: string;
}

const unseenWords =
  'the process that starts and watches the steps was ended; how far the step came is not known';

export function reportOfExit({ exit, stopReason, timedOut, driver }: CommandEnd): AttemptReport {
  const { wallMs, cpuUserMs, cpuSystemMs, memoryPeakBytes } = exit;
  const reason = exitReason({ ...exit, wasCancelled: stopReason !== undefined, timedOut });
  return {
    ...reason,
    ...(reason.cause === 'worker-lost' ? { message: unseenWords } : {}),
    usage: {
      wallMs: Math.round(wallMs),
      ...(cpuUserMs === undefined ? {} : { cpuUserMs: Math.round(cpuUserMs) }),
      ...(cpuSystemMs === undefined ? {} : { cpuSystemMs: Math.round(cpuSystemMs) }),
      ...(memoryPeakBytes === undefined ? {} : { memoryPeakBytes: Math.round(memoryPeakBytes) }),
    },
    enforced: [...exit.enforced],
    driver,
  };
}

/** The report of an attempt that ended before its command ran. */
export const cancelledReport: AttemptReport = { outcome: 'cancelled', cause: 'cancelled' };

/**
 * Something of ours or of the world failed: never the step's fault. A Fault speaks for itself; what else is thrown may
 * name paths or worse and stays in the executor's own log.
 */
export function reportOfFailure(error: unknown, cause: Cause): AttemptReport {
  const code = error instanceof Fault ? { code: error.code } : {};
  return { outcome: 'error', cause, message: messageOf(error).slice(0, 2_000), ...code };
}

function messageOf(error: unknown): string {
  if (error instanceof Fault) return `${error.message} [${error.code}]`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk of the executor is full';
  return 'the executor failed; its log has the rest';
}

/** The report without what can make it too large or malformed. */
export function bareReport(report: AttemptReport): AttemptReport {
  const { outcome, cause, exitCode, signal } = report;
  return {
    outcome,
    cause,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
  };
}
