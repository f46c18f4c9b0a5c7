import { type ErrorCode, Fault } from '#libs/kernel';

// The meaning of errors of `pg`. Only this file reads SQLSTATEs.

/**
 * Classes of errors that depend on the server's state, not on the statement: connection, authorization and database name
 * (both are checked when a connection is made), rollback (deadlock, serialisation), resources (disk full), object not
 * available (lock timeout), operator, system.
 */
const passingClasses = new Set(['08', '28', '3D', '40', '53', '55', '57', '58']);

/** Whether trying again can help, because the error depends on the server's state; else it is a bug in the statement. */
export function isPassingError(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === undefined || passingClasses.has(state.slice(0, 2));
}

/** Whether the user of the database lacks a right. */
export function isMissingPrivilege(error: unknown): boolean {
  return sqlStateOf(error) === '42501';
}

/**
 * An error of `pg` as its callers throw it: a Fault (retry: backoff) if trying again can help; else the error itself,
 * which is a bug. A Fault stays as it is.
 *
 * @param code  what cannot be reached, by the code of the caller's port
 */
export function postgresFault(
  error: unknown,
  code: Extract<ErrorCode, 'postgres.unreachable' | 'log.unavailable'> = 'postgres.unreachable',
): unknown {
  if (error instanceof Fault || !isPassingError(error)) return error;
  const what =
    code === 'log.unavailable' ? 'the log cannot be reached' : 'Postgres does not answer';
  return new Fault(code, 'backoff', `${what}: ${reasonOf(error)}`, { cause: error });
}

/** The driver's message, which never has a password in it. For a host with several addresses it is empty. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : 'no reason given';
}

/** Errors without an SQLSTATE come from the connection: refused, reset, timed out, ended. */
function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) && 'severity' in error
    ? error.code
    : undefined;
}
