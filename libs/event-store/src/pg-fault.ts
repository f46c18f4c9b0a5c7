import { Fault } from '#libs/kernel';
import { isPassingError } from '#libs/postgres';

/** What an error of `pg` means to a caller: a Fault where trying again can help; else the error itself, which is a bug. */
export function asLogFault(error: unknown): unknown {
  if (error instanceof Fault || !isPassingError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Fault('log.unavailable', 'backoff', `the log cannot be reached: ${message}`, {
    cause: error,
  });
}
