import { attemptTerms } from '#libs/executor-protocol';
import type { LiveAttempt } from './executor-entry.ts';

/** When each held attempt was first seen assigned and first seen started, by the watcher's monotonic clock. Keyed by fence. */
export type OverdueWatch = ReadonlyMap<
  number,
  { readonly assignedMs: number; readonly startedMs: number | undefined }
>;

export interface OverdueLimits {
  /** Time from the assignment to the start. */
  readonly startMs: number;
  /** Time beyond the step's own timeout, which the executor enforces. */
  readonly graceMs: number;
}

const { sourceMs, startMs, stopGraceMs, collectMs, reportMs } = attemptTerms;

/** The longest that an executor may take, with the time to fetch the source: only it knows whether it has to. */
export const overdueLimits: OverdueLimits = {
  startMs: sourceMs + startMs,
  graceMs: stopGraceMs + collectMs + reportMs,
};

/**
 * Adds the attempts that are held now. Times count from when this watcher first saw an attempt, so they start anew after a
 * restart: an attempt may be called overdue late, but never early.
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

/** Whether an executor that still beats takes too long for an attempt. */
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
