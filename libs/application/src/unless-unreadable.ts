import { Fault } from '#libs/kernel';

/** What read models tell, or something else while they are built or have stopped: nobody waits for what is not necessary. */
export function unlessUnreadable<Value>(asked: Promise<Value>, otherwise: Value): Promise<Value> {
  return asked.catch((error: unknown) => {
    if (error instanceof Fault && /^read-models\.(?:not-ready|stopped)$/.test(error.code))
      return otherwise;
    throw error;
  });
}
