import type { DelayedStep } from './run-entry.ts';

/**
 * How long a retry still waits, to be counted down by a monotonic clock from now on.
 *
 * `notBefore` is wall time, and the wall clock may have been set back since. So the wait is never longer than the intended
 * delay; a clock that was set forward makes it shorter.
 *
 * @param nowMs  wall time, Unix milliseconds
 */
export function retryWaitMs(delayed: DelayedStep, nowMs: number): number {
  return Math.max(0, Math.min(delayed.notBeforeMs - nowMs, delayed.waitMsMax));
}
