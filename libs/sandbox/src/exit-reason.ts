import type { Cause, Outcome } from '#libs/events';

/** Everything that was observed of an attempt's end. */
export interface ExitFacts {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The process that watched the attempt ended first, so its exit code is not known. */
  readonly isUnseen?: true;
  readonly oomKilled: boolean;
  /** The kernel refused a fork. */
  readonly pidsLimitHit?: boolean;
  readonly wasCancelled: boolean;
  readonly timedOut: boolean;
}

export interface ExitReason {
  readonly outcome: Outcome;
  readonly cause: Cause;
  readonly exitCode?: number;
  readonly signal?: string;
}

/**
 * What ended an attempt, by precedence: cancelled, timeout, out of memory, an end that was not seen, a
 * signal, the exit code.
 * A pids limit that was hit is the cause of a failing exit; a step that coped with it has succeeded.
 */
export function exitReason(facts: ExitFacts): ExitReason {
  const seen = {
    ...(facts.exitCode === null ? {} : { exitCode: facts.exitCode }),
    ...(facts.signal === null ? {} : { signal: facts.signal }),
  };
  if (facts.wasCancelled) return { outcome: 'cancelled', cause: 'cancelled', ...seen };
  if (facts.timedOut) return { outcome: 'timeout', cause: 'timeout', ...seen };
  if (facts.oomKilled) return { outcome: 'failure', cause: 'oom', ...seen };
  if (facts.isUnseen) return { outcome: 'error', cause: 'worker-lost', ...seen };
  if (facts.signal !== null) return { outcome: 'failure', cause: 'signal', ...seen };
  if (facts.pidsLimitHit && facts.exitCode !== 0)
    return { outcome: 'failure', cause: 'pids-limit', ...seen };
  return { outcome: facts.exitCode === 0 ? 'success' : 'failure', cause: 'exit', ...seen };
}
