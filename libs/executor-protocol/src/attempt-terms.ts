/**
 * How long each part of an attempt may take, in milliseconds. Executors enforce these limits. The scheduler uses them for
 * executors that send heartbeats but make no progress with an attempt.
 */
export const attemptTerms = {
  /** Fetching the source of the run: a large repository over a slow line. */
  sourceMs: 600_000,
  /** Everything else before the command: a slot that becomes free, the sandbox, the acknowledgement of the start. */
  startMs: 300_000,
  /** From TERM to KILL. The settings allow no more. */
  stopGraceMs: 600_000,
  /** Storing the artifacts. */
  collectMs: 600_000,
  /** Writing the end of the log, and reporting. */
  reportMs: 60_000,
} as const;
