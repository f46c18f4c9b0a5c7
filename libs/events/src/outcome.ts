import { z } from 'zod';

/** How a step or a run ended. `failure`: the user's step said no; `error`: the system's fault. */
export const outcomes = ['success', 'failure', 'error', 'timeout', 'cancelled', 'skipped'] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

/** The outcomes that turn a run red, but for a step that may fail. */
export const failures: ReadonlySet<Outcome> = new Set(['failure', 'error', 'timeout']);

/** What ended an attempt. */
export const causes = [
  'exit',
  'signal',
  'oom',
  'pids-limit',
  'disk-limit',
  'log-limit',
  'timeout',
  'cancelled',
  'worker-lost',
  'start-failed',
  'source-failed',
] as const;
export const causeSchema = z.enum(causes);
export type Cause = z.infer<typeof causeSchema>;

export const waitReasons = [
  'dependency',
  'labels',
  'slots',
  'quota',
  'group',
  'priority',
  'retry-delay',
  'paused',
  'approval',
] as const;
export const waitReasonSchema = z.enum(waitReasons);
export type WaitReason = z.infer<typeof waitReasonSchema>;

export const isolations = ['none', 'standard', 'strict'] as const;
export const isolationSchema = z.enum(isolations);
/** A floor: an executor that cannot give it refuses, it never lowers it. */
export type Isolation = z.infer<typeof isolationSchema>;

/** Whether what is given is enough for a floor. */
export function isAtLeast(given: Isolation, floor: Isolation): boolean {
  return isolations.indexOf(given) >= isolations.indexOf(floor);
}

/** The higher of two floors. */
export function higherIsolation(left: Isolation, right: Isolation): Isolation {
  return isAtLeast(left, right) ? left : right;
}

/** From what reaches least to what reaches most. `none`: its own loopback interface alone. */
export const networks = ['none', 'host'] as const;
export const networkSchema = z.enum(networks);
export type Network = z.infer<typeof networkSchema>;

/** Whether a network reaches no further than is allowed. */
export function isWithin(asked: Network, max: Network): boolean {
  return networks.indexOf(asked) <= networks.indexOf(max);
}

/** The one of two networks that reaches less. */
export function lesserNetwork(left: Network, right: Network): Network {
  return isWithin(left, right) ? left : right;
}

export const skipReasons = ['condition', 'dependency-failed', 'reused', 'cancelled'] as const;
export const skipReasonSchema = z.enum(skipReasons);
export type SkipReason = z.infer<typeof skipReasonSchema>;
