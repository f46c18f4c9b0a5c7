/** An executor says that it is alive this often. */
export const heartbeatMs = 5_000;

/** A lease is lost after this long without a sign, by the leading scheduler's monotonic clock. */
export const leaseMs = 20_000;

/**
 * An executor stops its sandboxes this long after its last acknowledged heartbeat was sent: before the lease is lost, with
 * room for a sweep (1 s), for the kill and for clocks that run at slightly different speeds.
 */
export const selfFenceMs = 14_000;
