import type { DomainEvent, Origin, Plan, RecordedEvent, StreamName } from '#libs/events';

/** One decision's facts on their way into one stream. */
export interface Append {
  readonly stream: StreamName;
  /** The stream's version that the decision was made against; 0 where the stream must not exist. */
  readonly expectedVersion: number;
  /** At least one; an append is stored whole or not at all. */
  readonly events: readonly DomainEvent[];
  readonly origin: Origin;
  /** Scheduler appends name their epoch; the log refuses one older than the shard's newest. */
  readonly guard?: { readonly shard: number; readonly epoch: number } | undefined;
  /** Compiled plans that the events name by hash, stored (insert-only) in the same call. */
  readonly plans?: readonly { readonly hash: string; readonly plan: Plan }[] | undefined;
}

export type AppendResult =
  | {
      readonly kind: 'appended';
      readonly firstPosition: number;
      readonly lastPosition: number;
      /** The stream's version after the append. */
      readonly version: number;
      /** RFC 3339 UTC with milliseconds; the same for all events of one append. */
      readonly time: string;
    }
  /** Somebody else appended first: load again, decide again. */
  | { readonly kind: 'conflict'; readonly actualVersion: number }
  /** The command id is known: this is where its first answer stands. */
  | {
      readonly kind: 'duplicate';
      readonly stream: StreamName;
      readonly firstPosition: number;
      readonly lastPosition: number;
    }
  | { readonly kind: 'stale-epoch'; readonly epoch: number };

/** Where the log stands. */
export interface LogHead {
  /** 0 for an empty log. */
  readonly position: number;
  /** Changes when the log was restored from a backup: checkpoints of another incarnation are worthless. */
  readonly incarnation: string;
}

/** What a bounded look at the log found. */
export interface LogScan {
  readonly events: readonly RecordedEvent[];
  /** Up to here nothing was passed over: the next look begins behind it. */
  readonly through: number;
  /** Whether the log went on behind `through` when it was looked at. */
  readonly hasMore: boolean;
}

/**
 * The log. Positions are dense and in commit order: who has read up to p has seen everything up to p.
 *
 * All methods throw Fault `log.unavailable` (retry: backoff) when the store cannot be reached; after such a
 * fault of `append` it is not known whether the batch was stored: ask again with the same command id, or
 * read the stream.
 */
export interface EventStore {
  /**
   * Stores a batch in one transaction. Results stand in the order of the batch; a conflict, a duplicate or a
   * stale epoch concerns its own append only. Two appends to one stream in one batch are applied in order; behind
   * one that was not stored the later ones of its stream are conflicts, for they were decided upon its events.
   *
   * @throws Fault `event.too-large`, `event.invalid-text` before anything is sent
   */
  append(batch: readonly Append[]): Promise<readonly AppendResult[]>;
  /** Events of one stream with version > `afterVersion`, in order, upcast. Empty for an unknown stream. */
  readStream(
    stream: StreamName,
    options?: { readonly afterVersion?: number; readonly limit?: number },
  ): Promise<readonly RecordedEvent[]>;
  /** Events with position > `after`, in order, upcast; at most `limit` (default 1,000). */
  readLog(options: {
    readonly after: number;
    readonly limit?: number;
  }): Promise<readonly RecordedEvent[]>;
  /**
   * The events of some types among the next `span` positions behind `after`, at most `limit` of them: types are not
   * indexed, so what one call may look at is bounded, however rare they are.
   */
  scanLog(options: {
    readonly after: number;
    readonly types: readonly string[];
    readonly limit: number;
    readonly span: number;
  }): Promise<LogScan>;
  head(): Promise<LogHead>;
  /** Plans by hash; a hash that is not there is missing in the answer. */
  readPlans(hashes: readonly string[]): Promise<ReadonlyMap<string, Plan>>;
  /** Releases connections. Appends under way are finished first. Idempotent. */
  close(): Promise<void>;
}

/** Tells loops in this process that the log grew. It may be late or lost: loops poll beside it. */
export interface LogSignal {
  notify(position: number): void;
  /** Resolves once a position above `after` was notified, after `timeoutMs`, or when the signal aborts. Never rejects. */
  waitFor(after: number, timeoutMs: number, abort?: AbortSignal): Promise<void>;
}
