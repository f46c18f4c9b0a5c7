import { Fault, pause, type Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';

/**
 * Does the work again and again until the signal aborts, `everyMs` after it was done. A Fault is told and the work tried
 * again; anything else is a bug and ends the process by its unhandled rejection.
 */
export async function repeat(
  loop: {
    readonly name: string;
    readonly everyMs: () => number;
    readonly timers: Timers;
    readonly logger: Logger;
    readonly abort: AbortSignal;
  },
  work: () => Promise<void> | void,
): Promise<void> {
  while (!loop.abort.aborted) {
    try {
      await work();
    } catch (error) {
      tellFault(loop.logger, loop.name, error);
    }
    await pause(loop.timers, loop.everyMs(), loop.abort);
  }
}

/** @throws what is no Fault */
export function tellFault(logger: Logger, loop: string, error: unknown): void {
  if (!(error instanceof Fault)) throw error;
  logger.warn({ loop, code: error.code, error: error.message }, 'the scheduler tries again');
}
