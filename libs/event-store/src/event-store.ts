import type { DomainEvent, Origin, Plan, RecordedEvent, StreamName } from '#libs/events';

/** The events of one decision, to be appended to one stream. */
export interface Append {
  readonly stream: StreamName;
  /** The stream's version that the decision was made against; 0 if the stream must not exist. */
  readonly expectedVersion: number;
  /** At least one. An append is stored whole or not at all. */
  readonly events: readonly DomainEvent[];
  readonly origin: Origin;
  /** Appends of a leader name their epoch; the log refuses one that is older than the newest of the same number. */
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
  /** Another append came first: load the stream and decide again. */
  | { readonly kind: 'conflict'; readonly actualVersion: number }
  /** The command id is known; this is where the first answer is. */
  | {
      readonly kind: 'duplicate';
      readonly stream: StreamName;
      readonly firstPosition: number;
      readonly lastPosition: number;
    }
  | { readonly kind: 'stale-epoch'; readonly epoch: number };

/** The end of the log. */
export interface LogHead {
  /** 0 for an empty log. */
  readonly position: number;
  /** Changes when the log was restored from a backup: checkpoints of another incarnation are worthless. */
  readonly incarnation: string;
}

/** The result of a bounded scan of the log. */
export interface LogScan {
  readonly events: readonly RecordedEvent[];
  /** All positions up to here were scanned: the next scan begins behind it. */
  readonly through: number;
  /** Whether the log had more events behind `through` at that time. */
  readonly hasMore: boolean;
}

/**
 * The log. Positions are dense and in commit order: a reader that has seen position p has seen everything below p.
 *
 * All methods throw Fault `log.unavailable` (retry: backoff) if the store cannot be reached. After such a Fault of
 * `append` it is unknown whether the batch was stored: append again with the same command id, or read the stream.
 */
export interface EventStore {
  /**
   * Stores a batch in one transaction. Results have the order of the batch; a conflict, a duplicate or a stale epoch
   * concerns its own append only. Two appends to one stream in one batch are applied in order. If one is not stored, the
   * later ones to its stream are conflicts, because they were decided upon its events.
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
   * The events of some types among the next `span` positions behind `after`, at most `limit` of them. Types have no
   * index, so `span` bounds the work of one call, however rare the types are.
   */
  scanLog(options: {
    readonly after: number;
    readonly types: readonly string[];
    readonly limit: number;
    readonly span: number;
  }): Promise<LogScan>;
  head(): Promise<LogHead>;
  /** Plans by hash. Unknown hashes are missing in the answer. */
  readPlans(hashes: readonly string[]): Promise<ReadonlyMap<string, Plan>>;
  /** Finishes appends in flight, then releases the connections. Idempotent. */
  close(): Promise<void>;
}

/** Tells loops in this process that the log grew. A signal may be late or lost, so loops poll as well. */
export interface LogSignal {
  notify(position: number): void;
  /** Resolves once a position above `after` was notified, after `timeoutMs`, or when the signal aborts. Never rejects. */
  waitFor(after: number, timeoutMs: number, abort?: AbortSignal): Promise<void>;
}
