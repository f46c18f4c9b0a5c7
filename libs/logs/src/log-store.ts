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
}

/** Hook for masking: gets text as it will be stored, gives back text to store. Carries over chunk borders itself. */
export interface LogMask {
  mask(text: string): string;
}

/** Writes one attempt's log. Not for concurrent use by two writers of one key. */
export interface LogWriter {
  /** Raw bytes of one stream; line splitting, UTF-8 repair, limits and masking happen here. Resolves when stored or buffered within bounds. */
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
  open(
    key: LogKey,
    options?: { readonly bytesMax?: number; readonly mask?: LogMask },
  ): Promise<LogWriter>;
  /** Lines in order. An unknown key gives none; with `follow` it waits for the first. */
  read(key: LogKey, options?: LogReadOptions): AsyncIterable<LogLine>;
  /** Tells followers of a key that no more will come though no writer closed it (its executor died). Idempotent. */
  seal(key: LogKey): Promise<void>;
  removeRun(runId: string): Promise<void>;
}
