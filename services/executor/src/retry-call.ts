import { Fault, type Ids, pause, retryDelayMs, type Timers } from '#libs/kernel';

/** What waiting between two tries takes. */
export interface Backoff {
  readonly timers: Timers;
  /** The source of jitter. */
  readonly ids: Ids;
  /** The longest wait between two tries. */
  readonly delayMsMax: number;
}

/** The base of the waits: a person does not notice the first retries of a call that failed for a moment. */
const firstDelayMs = 100;

/**
 * Repeats a call until it is answered, as long as another try can help.
 *
 * @throws what is final, and the reason of `abort`
 */
export async function retryCall<Answer>(
  call: () => Promise<Answer>,
  abort: AbortSignal,
  backoff: Backoff,
): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    abort.throwIfAborted();
    try {
      return await unlessAborted(call(), abort);
    } catch (error) {
      if (!(error instanceof Fault) || error.retry === 'never') throw error;
      await backOff(backoff, tries, abort);
    }
  }
}

/** Waits before try `tries + 1`: exponential with jitter, at least half of the base, at most `delayMsMax`. */
export function backOff(backoff: Backoff, tries: number, abort: AbortSignal): Promise<void> {
  // The last digits of a uuid are random.
  const random = Number.parseInt(backoff.ids.uuid().slice(-8), 16) / 2 ** 32;
  const delayMs = Math.min(backoff.delayMsMax, retryDelayMs(tries, firstDelayMs, random));
  return pause(backoff.timers, delayMs, abort);
}

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
