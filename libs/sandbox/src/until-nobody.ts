import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks, in milliseconds: a cancelled step that ends at once is over at once, a slow one costs little. */
const firstPauseMs = 5;
const longestPauseMs = 100;

/** Waits until no process is left, however long that takes: the caller kills them to end it. */
export async function untilNobody(find: () => readonly number[]): Promise<void> {
  for (let pauseMs = firstPauseMs; find().length > 0; pauseMs *= 1.5)
    await delay(Math.min(pauseMs, longestPauseMs));
}
