/**
 * Delay before attempt `attempt + 1`: exponential, full jitter.
 *
 * @param attempt  attempts already made, >= 1
 * @param baseMs   milliseconds, >= 0; 0 gives 0
 * @param random   [0, 1), injected so that tests and replays are exact
 * @returns whole milliseconds in [0, baseMs * 2^min(attempt, 10)); the cap is 17 min at 1 s, longer waits belong to a human
 */
export function retryDelayMs(attempt: number, baseMs: number, random: number): number {
  return Math.floor(random * baseMs * 2 ** Math.min(attempt, 10));
}
