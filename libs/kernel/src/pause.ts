import type { Timers } from './time.ts';

/** Resolves after `delayMs`, or as soon as the signal aborts. Never rejects, and leaves no listener behind. */
export function pause(timers: Timers, delayMs: number, abort: AbortSignal): Promise<void> {
  if (abort.aborted) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => {
    cancel();
    abort.removeEventListener('abort', end);
    resolve();
  };
  const cancel = timers.after(delayMs, end);
  abort.addEventListener('abort', end);
  return promise;
}
