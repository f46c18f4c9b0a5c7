import type { FsTenantBlobs } from '#libs/blobs';
import type { Config } from '#libs/config';
import type { Clock, Ids, Timers } from '#libs/kernel';
import { PgGuardedWrites, PgLeaderLeases } from '#libs/leases';
import type { FsLogStore } from '#libs/logs';
import type { Pool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { Sweeper } from './sweeper.loop.ts';

export interface SweeperComposition {
  readonly logs: FsLogStore;
  readonly blobs: FsTenantBlobs;
  readonly pool: Pool;
  readonly leasePool: Pool;
  /** For people: where this process runs. */
  readonly process: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Logger;
}

/** The sweeper over Postgres, not started. Whoever opened the stores and the pools closes them after it. */
export function composeSweeper(parts: SweeperComposition): Sweeper {
  const { pool, leasePool, process, ids, ...rest } = parts;
  return new Sweeper({
    ...rest,
    leases: new PgLeaderLeases(leasePool),
    guarded: new PgGuardedWrites(pool),
    holder: `${process}:${ids.uuid()}`,
  });
}
