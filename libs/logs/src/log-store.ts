import type { LogSummary } from '#libs/events';

/** Names the log of one attempt. */
export interface LogKey {
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
}

/** `system` lines are the executor's own words (a limit that is not enforced, a truncation, a cancel). */
export interface LogLine {
  /** 1, 2, 3 … within the attempt. */
  readonly line: number;
  /** RFC 3339 UTC with milliseconds. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr' | 'system';
  /** Valid UTF-8 without the line end; raw ANSI is kept. At most 64 KiB: longer lines are split. */
  readonly text: string;
  /**
   * The line goes on where the one before it of its stream broke off: that one was longer than 64 KiB, or was
   * shown before its end came (a prompt, a progress bar). Left out otherwise.
   */
  readonly continues?: true;
}

/** Hook for masking: gets text as it will be stored, gives back text to store (not longer than what it was given). */
export interface LogMask {
  /**
   * Where `lineEnds` is false more of the line follows: the mask may keep back an end that could be the
   * beginning of a secret and give it back at the start of its next answer for the same stream.
   */
  mask(text: string, piece: LogPiece): string;
}

export interface LogPiece {
  readonly stream: LogLine['stream'];
  readonly lineEnds: boolean;
}

/** Writes one attempt's log. Not for concurrent use by two writers of one key. */
export interface LogWriter {
  /**
   * Raw bytes of one stream; line splitting, UTF-8 repair, limits and masking happen here. Resolves when stored
   * or buffered within bounds. Bytes that come after `close` are dropped.
   *
   * @throws Fault `server.disk-low`; nothing further can be stored then
   */
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>;
  /** One line of the executor's own, never dropped by the limit. */
  system(text: string): Promise<void>;
  /** Flushes what is pending (a last line without its end), syncs, and answers what was stored. Idempotent. */
  close(): Promise<LogSummary>;
}

export interface LogReadOptions {
  /** First line wanted, >= 1. Default 1. */
  readonly from?: number;
  /** At most this many lines, 1–100,000. Default: all. */
  readonly limit?: number;
  /** The last n lines instead of `from`. */
  readonly tail?: number;
  /** Goes on until the writer closes. */
  readonly follow?: boolean;
  readonly abort?: AbortSignal;
}

/**
 * Logs live beside the events, never in them: chunks on disk with an index by line.
 * Readers see a line as soon as its writer has it, from the first line on.
 */
export interface LogStore {
  /**
   * @param options.bytesMax  what the log may take on disk, default 10 MiB; afterwards only the last 64 KiB are kept
   * @throws Fault `step-log.exists` where the attempt has a log already: another attempt writes another log
   */
  open(
    key: LogKey,
    options?: { readonly bytesMax?: number; readonly mask?: LogMask },
  ): Promise<LogWriter>;
  /**
   * Lines in order. An unknown key gives none; with `follow` it waits for the first. Ends quietly when aborted.
   *
   * @throws Fault `step.not-found` where the key's parts are malformed; so do `open` and `seal`
   */
  read(key: LogKey, options?: LogReadOptions): AsyncIterable<LogLine>;
  /** Tells followers of a key that no more will come though no writer closed it (its executor died). Idempotent. */
  seal(key: LogKey): Promise<void>;
  removeRun(runId: string): Promise<void>;
}
