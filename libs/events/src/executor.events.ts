import { z } from 'zod';
import { actorSchema } from './actor.ts';
import { defineEvent, type EventOf } from './define-event.ts';

/** What an executor says of itself when it registers. */
export const executorDescriptionSchema = z.strictObject({
  name: z.string().min(1).max(200),
  labels: z.array(z.string().min(1).max(128)).max(64),
  slots: z.int().min(1).max(10_000),
  capabilities: z.strictObject({
    /** Drivers that work there, the strongest first: `oci`, `process`. */
    drivers: z.array(z.string().max(32)).min(1).max(8),
    /** The strongest floor it can give. */
    isolation: z.enum(['none', 'standard', 'strict']),
  }),
  version: z.string().max(64),
});
export type ExecutorDescription = z.infer<typeof executorDescriptionSchema>;

export const ExecutorRegistered = defineEvent('executor.registered', 1, executorDescriptionSchema);
/** No new assignments; what it holds may finish. */
export const ExecutorDrained = defineEvent(
  'executor.drained',
  2,
  z.strictObject({ by: actorSchema }),
);
/** It said nothing for a lease term, or said good-bye, or came back as another incarnation. */
export const ExecutorLost = defineEvent(
  'executor.lost',
  1,
  z.strictObject({ why: z.enum(['silent', 'left', 'replaced']) }),
);

export const executorEvents = [ExecutorRegistered, ExecutorDrained, ExecutorLost] as const;
export type ExecutorEvent = EventOf<(typeof executorEvents)[number]>;
