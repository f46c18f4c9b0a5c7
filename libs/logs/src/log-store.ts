import type { LogSummary } from '#libs/events';

/** Names the log of one attempt. */
export interface LogKey {
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
}

/** The source of a line: `output` is stdout and stderr together, in the order in which they were written. */
export type OutputStream = 'output' | 'stdout' | 'stderr';

/**
 * A line, or the part that is there of an open one. `system` lines are the executor's own messages (a limit that is not enforced,
 * a truncation, a cancel).
 */
export interface LogLine {
  /** 1, 2, 3 … within the attempt. */
  readonly line: number;
  /** RFC 3339 UTC with milliseconds; of its first part if it came in several. */
  readonly time: string;
  readonly stream: OutputStream | 'system';
  /** Valid UTF-8 without the line end; raw ANSI is kept. At most 64 KiB: longer lines are split. */
  readonly text: string;
  /**
   * The line is not complete (a prompt, a progress bar): followers get its rest under the same number. Absent otherwise.
   */
  readonly open?: true;
  /**
   * The text goes on where the text before it of its stream broke off. With the same number it is the rest of an open line; with a new
   * number the line before was longer than 64 KiB and was split. Left out otherwise.
   */
  readonly continues?: true;
  /** A `system` line that begins or ends what a command of a list prints. Left out otherwise. */
  readonly group?: LogGroup;
}

/** One edge of what a command of a list prints: everything between the two is its own. */
export interface LogGroup {
  readonly edge: 'begins' | 'ends';
  /** 1, 2, 3 … of the list. */
  readonly command: number;
  /** How many commands the list has. */
  readonly of: number;
  /** Whole milliseconds, where it ends. */
  readonly durationMs?: number;
}

/** Hook for masking: gets text as it will be stored, gives back text to store (not longer than what it was given). */
export interface LogMask {
  /**
   * If `lineEnds` is false more of the line follows: the mask may keep back an end that could be the
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
   * or buffered within bounds. Beyond the limit it only counts, whatever comes. Bytes that come after `close` are dropped; nobody
   * changes those that were given.
   *
   * @throws Fault `server.disk-low`; nothing further can be stored then
   */
  write(stream: OutputStream, bytes: Uint8Array): Promise<void>;
  /** One line of the executor's own, never dropped by the limit. */
  system(text: string): Promise<void>;
  /** A line of the executor's own at the edge of a group, never dropped by the limit. An open line of the step ends before it. */
  group(group: LogGroup, text: string): Promise<void>;
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
 * Logs live beside the events, never in them: records on disk with an index by line, which is rebuilt from them if it is torn.
 * Readers see a line as soon as its writer has it, from the first line on.
 */
export interface LogStore {
  /**
   * @param options.bytesMax  what the log may take on disk, default 10 MiB; beyond it only the last 64 KiB are kept
   * @throws Fault `step-log.exists` if the attempt has a log already: another attempt writes another log
   */
  open(
    key: LogKey,
    options?: { readonly bytesMax?: number; readonly mask?: LogMask },
  ): Promise<LogWriter>;
  /**
   * Whole lines in the order of their numbers. With `follow` it waits for the first, gives out an open line early and its rest when
   * that comes (other lines may come between), and goes on. Aborted, it gives what is there by then, and ends quietly. An unknown
   * key gives none.
   *
   * @throws Fault `step.not-found` if the key's parts are malformed; so do `open` and `seal`
   */
  read(key: LogKey, options?: LogReadOptions): AsyncIterable<LogLine>;
  /** Ends a log that no writer closed (its executor died), which its followers are told. Idempotent. */
  seal(key: LogKey): Promise<void>;
  removeRun(runId: string): Promise<void>;
}
