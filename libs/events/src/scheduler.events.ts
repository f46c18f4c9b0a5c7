import { z } from 'zod';
import { defineEvent, type EventOf } from './define-event.ts';

/** A scheduler took the lead of a shard. Appends with an older epoch are refused from here on. */
export const SchedulerLeaderChanged = defineEvent(
  'scheduler.leader-changed',
  1,
  z.strictObject({ shard: z.int().min(0), epoch: z.int().min(1), holder: z.string().max(200) }),
);

export const schedulerEvents = [SchedulerLeaderChanged] as const;
export type SchedulerEvent = EventOf<(typeof schedulerEvents)[number]>;
