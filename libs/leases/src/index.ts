export { Leader, type LeaderTerms, leaderTerms } from './leader.ts';
export type { GuardedWrites, Heartbeats, LeaderLease, LeaderLeases } from './leases.ts';
export { PgGuardedWrites } from './pg-guarded-writes.ts';
export { PgHeartbeats } from './pg-heartbeats.ts';
export { PgLeaderLeases } from './pg-leader-leases.ts';
