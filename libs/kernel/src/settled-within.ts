import { pause } from './pause.ts';
import type { Timers } from './time.ts';

/** Resolves when the work has ended, or after `limitMs`. The work itself goes on. Rejects if the work fails within the time. */
export async function settledWithin(
  timers: Timers,
  limitMs: number,
  work: Promise<unknown>,
): Promise<void> {
  const ended = new AbortController();
  const limit = pause(timers, limitMs, ended.signal);
  try {
    await Promise.race([work, limit]);
  } finally {
    ended.abort();
  }
}
