import type { FsBlobStore } from '#libs/blobs';
import type { Config } from '#libs/config';
import type { Clock } from '#libs/kernel';
import type { FsLogStore } from '#libs/logs';
import { type Pool, queryRows } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';

export interface SweepingParts {
  readonly logs: Pick<FsLogStore, 'sweep'>;
  readonly blobs: Pick<FsBlobStore, 'removeAbandoned'>;
  readonly pool: Pool;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly config: Pick<Config, 'logKeep' | 'logStoreBytesMax'>;
  readonly logger: Logger;
}

/** How often, in milliseconds. */
const sweepMs = 3_600_000;
/** Rows of one statement: it is done well within the time that a statement has. */
const rowsMax = 10_000;
/** No upload takes longer, in milliseconds: what is older was left by one that was interrupted. */
const abandonedMs = 24 * 3_600_000;

/** Keys are remembered for a day (`libs/application-adapters/src/pg-requests.ts`), commands as long as each says. */
const statements = {
  commands: 'select forget_commands_v1($1) as count',
  requests: `with gone as (
    delete from request_fingerprints where command_id in (
      select command_id from request_fingerprints
      where used_at < clock_timestamp() - interval '24 hours' order by used_at limit $1)
    returning 1)
  select count(*) from gone`,
} as const;

/**
 * Forgets what is over, every hour: old logs, halves of blobs, command ids and idempotency keys past their time. Workspaces are
 * the executor's to sweep.
 *
 * @returns ends the sweeping
 */
export function keepSweeping({ logs, blobs, pool, clock, config, logger }: SweepingParts) {
  const sweeps: Readonly<Record<string, () => Promise<unknown>>> = {
    logs: () => logs.sweep({ ageMs: config.logKeep, bytesMax: config.logStoreBytesMax }),
    blobs: () => blobs.removeAbandoned(clock.nowMs() - abandonedMs),
    commands: () => forget(pool, statements.commands),
    requests: () => forget(pool, statements.requests),
  };
  // One after the other; one that fails keeps no other from its work.
  const sweep = async () => {
    for (const [what, forgetOld] of Object.entries(sweeps)) {
      await forgetOld().catch((error: unknown) =>
        logger.warn({ what, error: String(error) }, 'the sweep failed'),
      );
    }
  };
  const timer = setInterval(() => void sweep(), sweepMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Runs a statement that forgets at most $1 rows until there are no more. */
async function forget(pool: Pool, text: string): Promise<void> {
  for (let count = rowsMax; count === rowsMax; ) {
    const [row] = await queryRows<{ count: number | string }>(pool, text, [rowsMax]);
    count = Number(row?.count ?? 0);
  }
}
