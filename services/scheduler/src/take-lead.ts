import { schedulerDecider } from '#libs/domain';
import type { DeciderRunner } from '#libs/event-store';
import { defaultTenant, streamName } from '#libs/events';
import type { LeaderLease } from '#libs/leases';
import type { Logger } from '#libs/telemetry';

/** The right to act for a shard, as long as it lasts. */
export interface Lead {
  /** The shard is the leadership's number: the log refuses appends that show an older epoch of it. */
  readonly shard: number;
  readonly epoch: number;
  /** Where its scheduler.leader-changed stands: nothing of an older leader comes after it. */
  readonly position: number;
}

/**
 * Tells the log that the scheduler of a shard was elected. From this append on the log refuses every older epoch.
 *
 * @returns undefined if the log knows a newer epoch: the leases were restored from a backup, and each claim brings them
 *          one nearer
 */
export async function takeLead(
  { runner, logger }: { readonly runner: DeciderRunner; readonly logger: Logger },
  { number: shard, epoch, holder }: LeaderLease,
): Promise<Lead | undefined> {
  const answer = await runner.run(
    schedulerDecider,
    streamName('scheduler', shard),
    { kind: 'take-lead', shard, epoch, holder },
    { tenant: defaultTenant, actor: `scheduler:${shard}` },
  );
  if (answer.ok) return { shard, epoch, position: answer.position };
  logger.info({ shard, epoch, code: answer.rejection.code }, 'the log refused the epoch');
  return undefined;
}
