export type { HeartbeatRow, Heartbeats, LeaderLease, LeaderLeases } from './leases.ts';
export { MemoryHeartbeats } from './memory-heartbeats.ts';
export { MemoryLeaderLeases } from './memory-leader-leases.ts';
export { PgHeartbeats } from './pg-heartbeats.ts';
export { PgLeaderLeases } from './pg-leader-leases.ts';
