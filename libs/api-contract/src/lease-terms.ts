/**
 * How executors show that they live, in milliseconds. The API tells an executor these figures when it registers, and the
 * scheduler counts silence by the same.
 */
export const leaseTerms = {
  /** An executor says that it is alive this often. */
  heartbeatMs: 5_000,
  /**
   * An executor stops its sandboxes this long after its last acknowledged heartbeat was sent: before the lease is lost, with
   * room for the kill, for a guard that acts a little later and for clocks that run at slightly different speeds.
   */
  selfFenceMs: 14_000,
  /** The leading scheduler takes a lease away after this long without a sign, by its own monotonic clock. */
  leaseMs: 20_000,
} as const;
