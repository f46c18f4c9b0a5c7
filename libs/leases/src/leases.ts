/** Who leads a shard. Judged by the holder's and the challengers' monotonic clocks, never by wall time. */
export interface LeaderLease {
  readonly shard: number;
  readonly epoch: number;
  readonly holder: string;
}

/**
 * The lease row of a shard. `counter` grows with each renewal; a challenger that has watched it unchanged for a whole
 * term by its own monotonic clock may take over. The epoch itself changes only by an appended
 * `scheduler.leader-changed`: `claim` reserves the row, the append makes it so.
 */
export interface LeaderLeases {
  read(
    shard: number,
  ): Promise<
    { readonly holder: string; readonly epoch: number; readonly counter: number } | undefined
  >;
  /**
   * Takes the row where it is free or still shows the `seen` counter, with the epoch one higher.
   * @returns the lease, or undefined where somebody was faster
   */
  claim(
    shard: number,
    holder: string,
    seen: { readonly counter: number } | undefined,
  ): Promise<LeaderLease | undefined>;
  /** @returns false where the lease was lost */
  renew(lease: LeaderLease): Promise<boolean>;
  /** Frees the row at once, so that a successor need not wait. Nothing happens where it was lost. */
  release(lease: LeaderLease): Promise<void>;
}

export interface HeartbeatRow {
  readonly executorId: string;
  /** Only ever grows. */
  readonly beats: number;
  readonly freeSlots: number;
}

/** Heartbeats: counters, not timestamps. The leading scheduler judges silence by its own monotonic clock. */
export interface Heartbeats {
  /** Creates or bumps the row. */
  beat(executorId: string, freeSlots: number): Promise<void>;
  readAll(): Promise<readonly HeartbeatRow[]>;
  remove(executorId: string): Promise<void>;
}
