import { Fault } from '#libs/kernel';

/**
 * SQLSTATE classes that say something about the server's state, not about our statement: connection, rollback
 * (deadlock, serialisation), resources (disk full), object not available (lock timeout), operator, system.
 */
const passingClasses = new Set(['08', '40', '53', '55', '57', '58']);

/** What an error of `pg` means to a caller: a Fault where trying again can help; else the error itself, which is a bug. */
export function asLogFault(error: unknown): unknown {
  if (error instanceof Fault) return error;
  const code = sqlState(error);
  if (code !== undefined && !passingClasses.has(code.slice(0, 2))) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Fault('log.unavailable', 'backoff', `the log cannot be reached: ${message}`, {
    cause: error,
  });
}

/** Errors without an SQLSTATE come from the connection: refused, reset, timed out, ended. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error
    ? error.code
    : undefined;
}
