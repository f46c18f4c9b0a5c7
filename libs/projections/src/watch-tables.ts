import { pause } from '#libs/kernel';
import type { SubscriptionParts } from '#libs/subscriptions';

const watchMs = 5_000;

/** Looks every few seconds whether the tables are still there: while no event comes, nothing else would tell. */
export async function watchTables(
  { timers, logger }: Pick<SubscriptionParts, 'timers' | 'logger'>,
  untilAborted: AbortSignal,
  look: () => Promise<void>,
): Promise<void> {
  for (;;) {
    await pause(timers, watchMs, untilAborted);
    if (untilAborted.aborted) return;
    await look().catch((error) => {
      logger.warn({ error: String(error) }, 'the tables of the read models could not be looked up');
    });
  }
}
