/**
 * SQLSTATE classes that say something about the server's state, not about our statement: connection, rollback
 * (deadlock, serialisation), resources (disk full), object not available (lock timeout), operator, system.
 */
const passingClasses = new Set(['08', '40', '53', '55', '57', '58']);

/** Whether an error of `pg` speaks of the world, so that trying again can help; else it is a bug in the statement. */
export function isPassingError(error: unknown): boolean {
  const code = sqlState(error);
  return code === undefined || passingClasses.has(code.slice(0, 2));
}

/** Errors without an SQLSTATE come from the connection: refused, reset, timed out, ended. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error
    ? error.code
    : undefined;
}
