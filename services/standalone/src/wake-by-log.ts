import { inMemory, Subscription, type SubscriptionParts } from '#libs/subscriptions';
import type { ProcessLife } from './process-life.ts';

/**
 * Lets a process at rest hear of what asks for work, whichever process on the same database accepted it. It begins with what
 * comes after this call has resolved, and ends by itself when the process works.
 */
export async function wakeByLog(
  parts: SubscriptionParts,
  life: Pick<ProcessLife, 'heed' | 'status'>,
): Promise<Subscription> {
  const subscription: Subscription = new Subscription(parts, {
    name: 'process',
    keeping: inMemory('end'),
    handle: async (events) => {
      life.heed(events);
      if (life.status !== 'at-rest') void subscription.stop();
    },
  });
  await subscription.open();
  subscription.start();
  return subscription;
}
