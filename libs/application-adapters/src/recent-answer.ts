import type { Clock } from '#libs/kernel';

/** How late admission and the judgement of executors may notice a change, in milliseconds. */
const recentMs = 250;

/**
 * Gives the last answer for a while, so that a burst of requests asks the database once. Callers that come while it is asked
 * wait for the same answer; a failure is not kept.
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
