import type { DelayedStep } from './run-entry.ts';

/**
 * How long a retry still waits, to be counted down by a monotonic clock from now on.
 *
 * `notBefore` is wall time; the wall clock may have been set back since it was written. So the wait is never longer
 * than the delay was meant to be, and a clock set forward at worst makes it shorter.
 *
 * @param nowMs  wall time, Unix milliseconds
 */
export function retryWaitMs(delayed: DelayedStep, nowMs: number): number {
  return Math.max(0, Math.min(delayed.notBeforeMs - nowMs, delayed.waitMsMax));
}
