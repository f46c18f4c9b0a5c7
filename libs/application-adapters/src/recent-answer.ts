import type { Clock } from '#libs/kernel';

/** How old an answer may be, in milliseconds: admission and the check of executors may notice a change this late. */
const recentMs = 250;

/**
 * Reuses an answer for a short time, so that a burst of requests asks the database once. Concurrent callers share one query; a
 * failure is not kept.
 */
export function recentAnswer<Value>(
  clock: Pick<Clock, 'monotonicMs'>,
  ask: () => Promise<Value>,
): () => Promise<Value> {
  let answer: Promise<Value> | undefined;
  let askedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    if (answer === undefined || nowMs - askedMs > recentMs) {
      askedMs = nowMs;
      const asked = ask();
      answer = asked;
      asked.catch(() => {
        if (answer === asked) answer = undefined;
      });
    }
    return answer;
  };
}
