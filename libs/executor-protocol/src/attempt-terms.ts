/**
 * How long the parts of an attempt may take, in milliseconds. Executors hold to them, and the scheduler waits as long for an
 * executor that beats and yet brings an attempt no further.
 */
export const attemptTerms = {
  /** Until the run's source is there: a large repository over a slow line. */
  sourceMs: 600_000,
  /** All else before the command: a slot that is just being left, the sandbox, the acknowledgement of the start. */
  startMs: 300_000,
  /** From TERM to KILL; the settings allow no more. */
  stopGraceMs: 600_000,
  /** Storing the artifacts. */
  collectMs: 600_000,
  /** The last output, the log's end, the report. */
  reportMs: 60_000,
} as const;
