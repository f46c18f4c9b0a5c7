import { attemptTerms } from '#libs/executor-protocol';
import type { LiveAttempt } from './executor-entry.ts';

/** When each held attempt was first seen assigned and first seen started, by the watcher's monotonic clock. Keyed by fence. */
export type OverdueWatch = ReadonlyMap<
  number,
  { readonly assignedMs: number; readonly startedMs: number | undefined }
>;

export interface OverdueLimits {
  /** From the assignment to the start. */
  readonly startMs: number;
  /** Beyond the step's own timeout, which the executor enforces. */
  readonly graceMs: number;
}

const { sourceMs, startMs, stopGraceMs, collectMs, reportMs } = attemptTerms;

/** All that an executor may take. Whether it has to fetch the source it knows alone, so the time for that is always given. */
export const overdueLimits: OverdueLimits = {
  startMs: sourceMs + startMs,
  graceMs: stopGraceMs + collectMs + reportMs,
};

/**
 * Takes in what is held now. Times count from when this watcher first saw the attempt, so a restart gives them anew:
 * late is acceptable, early is not.
 */
export function observeAttempts(
  watch: OverdueWatch,
  held: Iterable<LiveAttempt>,
  nowMs: number,
): OverdueWatch {
  const next = new Map<number, { assignedMs: number; startedMs: number | undefined }>();
  for (const attempt of held) {
    const before = watch.get(attempt.fence);
    const startedMs = before?.startedMs ?? (attempt.isStarted ? nowMs : undefined);
    next.set(attempt.fence, { assignedMs: before?.assignedMs ?? nowMs, startedMs });
  }
  return next;
}

/** The backstop for an executor that beats and yet does not bring an attempt to its end. */
export function isOverdue(
  watch: OverdueWatch,
  attempt: LiveAttempt,
  at: { readonly nowMs: number; readonly limits?: OverdueLimits },
): boolean {
  const seen = watch.get(attempt.fence);
  if (seen === undefined) return false;
  const { startMs, graceMs } = at.limits ?? overdueLimits;
  if (seen.startedMs === undefined) return at.nowMs - seen.assignedMs >= startMs;
  return at.nowMs - seen.startedMs >= attempt.timeoutMs + graceMs;
}
