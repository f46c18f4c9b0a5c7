import { Fault, type Ids, pause, retryDelayMs, type Timers } from '#libs/kernel';

/** What waiting takes: timers, and ids as the source of jitter. */
export interface Patience {
  readonly timers: Timers;
  readonly ids: Ids;
  /** The longest wait between two tries. */
  readonly mostMs: number;
}

/** The base of the waits: the first retries of a call that failed for a moment come at once for a person's eye. */
const firstMs = 100;

/**
 * The answer, unless the abort comes first: a call may hang for as long as the other side does.
 *
 * @throws what the call throws, and the reason of `abort`
 */
export async function unlessAborted<Answer>(
  call: Promise<Answer>,
  abort: AbortSignal,
): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(abort.reason);
  abort.addEventListener('abort', end, { once: true });
  if (abort.aborted) end();
  try {
    return await Promise.race([call, promise]);
  } finally {
    abort.removeEventListener('abort', end);
  }
}

/** Waits before try `tries + 1`: exponential with jitter, never less than half the base, at most `mostMs`. */
export function backOff(patience: Patience, tries: number, abort: AbortSignal): Promise<void> {
  // The last digits of a uuid are random.
  const random = Number.parseInt(patience.ids.uuid().slice(-8), 16) / 2 ** 32;
  const delayMs = Math.min(patience.mostMs, retryDelayMs(tries, firstMs, random));
  return pause(patience.timers, delayMs, abort);
}

/**
 * Calls until there is an answer, as long as trying again can help.
 *
 * @throws what is final, and the reason of `abort`
 */
export async function patiently<Answer>(
  call: () => Promise<Answer>,
  abort: AbortSignal,
  patience: Patience,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    abort.throwIfAborted();
    try {
      return await unlessAborted(call(), abort);
    } catch (error) {
      if (!(error instanceof Fault) || error.retry === 'never') throw error;
      await backOff(patience, tries, abort);
    }
  }
}
