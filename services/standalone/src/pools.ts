import { leaseTerms } from '#libs/executor-protocol';
import { leaderTerms } from '#libs/leases';
import { openPool, type Pool, type PoolConfig } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';

/**
 * A heartbeat reads the log. Two connections that freeze one after the other must cost less than an executor waits for an
 * acknowledgement; each is given up a second after its time, and a second is left for the heartbeat itself.
 */
const appendWithinMs = leaseTerms.selfFenceMs / 2 - 2_000;
/** A lease whose renewal is answered later than this is lost anyway. */
const leaseWithinMs = leaderTerms.termMs - leaderTerms.renewMs;

/** How to connect: as the owner of the database, or as a role that the owner may act as. */
export type Connect = (role?: string) => PoolConfig;

/** The connections of one process, apart by what must not wait for what. */
export interface Pools {
  /** For requests and loops. */
  readonly pool: Pool;
  /** For the log alone: a full pool of readers never delays an append. */
  readonly appendPool: Pool;
  /** For leases and heartbeats alone, which are worth nothing late. */
  readonly leasePool: Pool;
  close(): Promise<void>;
}

export function openPools(config: PoolConfig, logger: Logger): Pools {
  const onIdleError = (error: Error) =>
    logger.warn({ error: error.message }, 'an idle connection to the database broke');
  const pool = openPool(config, { max: 8, applicationName: 'millrace', onIdleError });
  const appendPool = openPool(config, {
    max: 2,
    applicationName: 'millrace-append',
    answerWithinMs: appendWithinMs,
    onIdleError,
  });
  const leasePool = openPool(config, {
    max: 2,
    applicationName: 'millrace-leases',
    answerWithinMs: leaseWithinMs,
    onIdleError,
  });
  return {
    pool,
    appendPool,
    leasePool,
    close: async () => {
      for (const each of [pool, appendPool, leasePool]) await each.end();
    },
  };
}
