import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks, in milliseconds: a cancelled step that ends at once is over at once, a slow one costs little. */
const firstPauseMs = 5;
const longestPauseMs = 100;

/** Looks again and again until there is nobody. Whoever wants an end to that kills them. */
export async function untilNobody(find: () => readonly number[]): Promise<void> {
  for (let pauseMs = firstPauseMs; find().length > 0; pauseMs *= 1.5)
    await delay(Math.min(pauseMs, longestPauseMs));
}
