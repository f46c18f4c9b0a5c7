import { pause } from './pause.ts';
import type { Timers } from './time.ts';

export interface Loop {
  /** The pause after each round, in milliseconds; asked anew each time. */
  readonly everyMs: () => number;
  readonly timers: Timers;
  readonly abort: AbortSignal;
  /** Is told what a round threw. If it returns, the loop goes on; if it throws, the loop ends with that error. */
  readonly onError: (error: unknown) => void;
}

/** Does the work in rounds until the signal aborts. A round that has begun is never cut short. */
export async function repeat(loop: Loop, work: () => Promise<void> | void): Promise<void> {
  while (!loop.abort.aborted) {
    try {
      await work();
    } catch (error) {
      loop.onError(error);
    }
    await pause(loop.timers, loop.everyMs(), loop.abort);
  }
}
