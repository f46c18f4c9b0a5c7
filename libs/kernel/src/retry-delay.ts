/**
 * Delay before attempt `attempt + 1`: exponential, with jitter over all but the first half of the base. Who asks for a
 * pause gets one: jitter that may be nothing would try again at once what has just failed.
 *
 * @param attempt  attempts already made, >= 1
 * @param baseMs   milliseconds, >= 0; 0 gives 0
 * @param random   [0, 1), injected so that tests and replays are exact
 * @returns whole milliseconds in [baseMs / 2, baseMs * 2^min(attempt, 10)); the cap is 17 min at 1 s, longer waits belong to a human
 */
export function retryDelayMs(attempt: number, baseMs: number, random: number): number {
  const leastMs = Math.ceil(baseMs / 2);
  const capMs = baseMs * 2 ** Math.min(attempt, 10);
  return leastMs + Math.floor(random * (capMs - leastMs));
}
