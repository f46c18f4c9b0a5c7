import type { DeciderRunner, EventStore, LogTail } from '#libs/event-store';
import type { PlanLookup } from '#libs/events';
import type { Clock, Timers } from '#libs/kernel';
import type { Heartbeats, LeaderLeases } from '#libs/leases';
import type { OverdueLimits } from '#libs/scheduling';
import type { Logger } from '#libs/telemetry';
import type { SnapshotStore } from './snapshot-store.ts';

/** Everything that a scheduler works with. The caller closes what it hands in. */
export interface SchedulerParts {
  readonly store: Pick<EventStore, 'head'>;
  readonly runner: DeciderRunner;
  readonly tail: LogTail;
  readonly plans: { load(hashes: Iterable<string>): Promise<PlanLookup> };
  readonly leases: LeaderLeases;
  readonly heartbeats: Heartbeats;
  readonly snapshots: SnapshotStore;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A number in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly shard: number;
  /** Who this process is; unique for each life of a process. */
  readonly holder: string;
  /** Default: `overdueLimits`. */
  readonly overdue?: OverdueLimits;
}
