import { Fault, type Loop, repeat } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';

/** Repeats the work. A Fault is logged and the work tried again; any other error is a bug and ends the process. */
export function repeatLogged(
  { name, logger, ...loop }: Omit<Loop, 'onError'> & { name: string; logger: Logger },
  work: () => Promise<void> | void,
): Promise<void> {
  return repeat({ ...loop, onError: (error) => logFault(logger, name, error) }, work);
}

/** @throws an error that is no Fault */
export function logFault(logger: Logger, loop: string, error: unknown): void {
  if (!(error instanceof Fault)) throw error;
  logger.warn(
    { loop, code: error.code, error: error.message },
    'scheduler loop failed, trying again',
  );
}
