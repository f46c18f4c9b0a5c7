import { leaseTerms } from '#libs/executor-protocol';

// When is an executor lost, and what becomes of its steps?
//
// It sends a heartbeat every 5 s. It is lost if its counter stands still for 20 s (`leaseTerms` of executor-protocol) by the
// monotonic clock of the scheduler that leads; a new leader, and a gap between two readings of more than 5 s, give everybody a
// whole term anew. It is lost at once if it says that it leaves, or if another life of it registers. It stops its own steps
// 14 s after its last heartbeat that was acknowledged, so that no step runs twice.
//
// Each of its attempts ends as lost (`decide-lost.ts` of domain). If the command had not started, the step waits for another
// executor, ten times at most. If it may have run, a `retry` rule of its file (`worker_lost`, `error`, `any`) gives another
// attempt; without one the step ends with `error`. A step of a run that is being cancelled ends as cancelled.

/** The heartbeat counters that one leader has seen, and when, by its own monotonic clock. */
export interface LeaseWatch {
  readonly lastReadMs: number;
  readonly executors: ReadonlyMap<string, { readonly beats: number; readonly changedMs: number }>;
}

/** A row of the heartbeat table. */
export interface Beat {
  readonly executorId: string;
  readonly beats: number;
}

/** If two readings are further apart, nothing is known about the time between them. */
const readingGapMsMax = leaseTerms.heartbeatMs;

/** A new leader's watch: every lease gets a whole term from the first reading on. */
export function startWatch(nowMs: number): LeaseWatch {
  return { lastReadMs: nowMs, executors: new Map() };
}

/**
 * Adds one reading of all counters. If the last reading is too long ago (the database was unreachable, the process was
 * stopped), executors may have been unable to beat, too: all terms start anew.
 *
 * @param expected  ids of the executors that have to beat; others are forgotten
 */
export function observeBeats(
  watch: LeaseWatch,
  expected: Iterable<string>,
  reading: { readonly rows: readonly Beat[]; readonly nowMs: number },
): LeaseWatch {
  const { rows, nowMs } = reading;
  const isFresh = nowMs - watch.lastReadMs > readingGapMsMax;
  const counters = new Map(rows.map((row) => [row.executorId, row.beats]));
  const executors = new Map<string, { readonly beats: number; readonly changedMs: number }>();
  for (const id of expected) {
    const beats = counters.get(id) ?? 0;
    const before = watch.executors.get(id);
    const isUnchanged = !isFresh && before !== undefined && before.beats === beats;
    executors.set(id, isUnchanged ? before : { beats, changedMs: nowMs });
  }
  return { lastReadMs: nowMs, executors };
}

/** Executors whose counter had not changed for a whole term at the last reading. */
export function silentExecutors(
  watch: LeaseWatch,
  termMs: number = leaseTerms.leaseMs,
): readonly string[] {
  const silent: string[] = [];
  for (const [id, { changedMs }] of watch.executors) {
    if (watch.lastReadMs - changedMs >= termMs) silent.push(id);
  }
  return silent;
}
