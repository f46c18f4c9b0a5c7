/** One term of leadership: from an election to the next. */
export interface LeaderLease {
  /** What is led: `scheduler:0`, `sweeper`. */
  readonly name: string;
  /** The name's number, by which the log knows its epoch (`guard.shard` of an append). Never changes. */
  readonly number: number;
  /** Counts the elections of this name. It only grows, and whatever the leadership guards refuses an older one. */
  readonly epoch: number;
  readonly holder: string;
}

/**
 * Who leads what, by name. `counter` grows with each renewal; a challenger that saw it unchanged for a whole term by
 * its own monotonic clock may take over. The methods throw Fault `postgres.unreachable` (retry: backoff).
 */
export interface LeaderLeases {
  /** @returns undefined if nobody leads */
  read(
    name: string,
  ): Promise<
    { readonly holder: string; readonly epoch: number; readonly counter: number } | undefined
  >;
  /**
   * Takes the leadership if it is free or still shows the `seen` counter, with a higher epoch. Waits for guarded
   * writes of older epochs that have begun; none is committed after this returns.
   *
   * @returns the lease, or undefined if somebody was faster
   */
  claim(
    name: string,
    holder: string,
    seen: { readonly counter: number } | undefined,
  ): Promise<LeaderLease | undefined>;
  /** @returns false if the lease was lost */
  renew(lease: LeaderLease): Promise<boolean>;
  /** Frees the leadership at once, so that a successor need not wait. Does nothing if the lease was lost. */
  release(lease: LeaderLease): Promise<void>;
}

/** Writes to tables that only the leader may change. */
export interface GuardedWrites<Transaction> {
  /**
   * Writes in a transaction that holds the epoch: until it ends no newer epoch can be claimed.
   *
   * @returns false if a newer epoch was claimed; then nothing is written
   */
  write(lease: LeaderLease, work: (transaction: Transaction) => Promise<unknown>): Promise<boolean>;
}

export interface HeartbeatRow {
  readonly executorId: string;
  /** Only grows. */
  readonly beats: number;
  readonly freeSlots: number;
}

/** Heartbeats are counters, not timestamps: the leading scheduler judges silence by its own monotonic clock. */
export interface Heartbeats {
  /** Increments the executor's counter, from 0. */
  beat(executorId: string, freeSlots: number): Promise<void>;
  readAll(): Promise<readonly HeartbeatRow[]>;
  remove(executorId: string): Promise<void>;
}
