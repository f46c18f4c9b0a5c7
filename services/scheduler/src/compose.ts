import type { EventLog } from '#libs/event-store';
import type { Clock, Ids, Timers } from '#libs/kernel';
import { PgHeartbeats, PgLeaderLeases } from '#libs/leases';
import type { Pool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { PgSnapshotStore } from './pg-snapshot-store.ts';
import { Scheduler } from './scheduler.ts';

export interface SchedulerComposition {
  readonly log: EventLog;
  readonly pool: Pool;
  readonly leasePool: Pool;
  /** Host and pid of this process, for people. */
  readonly process: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  /** [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Makes the scheduler over Postgres, not started. The caller stops it before it closes the log and the pools. */
export function composeScheduler(parts: SchedulerComposition): Scheduler {
  const { log, pool, leasePool, process, ids, ...rest } = parts;
  return new Scheduler({
    ...rest,
    ...log,
    leases: new PgLeaderLeases(leasePool),
    heartbeats: new PgHeartbeats(leasePool),
    snapshots: new PgSnapshotStore(pool),
    shard: 0,
    holder: `${process}:${ids.uuid()}`,
  });
}
