import type { ErrorCode } from '#libs/kernel';
import type { Operation } from './operation.ts';

/**
 * The codes of the problems that an operation can answer: its own, and those that follow from what it takes. Beside them any
 * address answers `request.method` for a method that it does not have.
 */
export function errorsOf(operation: Operation): readonly ErrorCode[] {
  const { errors = [], params, query, headers, body, bodyTypes, requires } = operation;
  const takesKey = operation.takesIdempotencyKey === true;
  const takesBody = operation.method !== 'GET';
  const takesFields = [params, query, headers, body].some((schema) => schema !== undefined);
  const codes: readonly (ErrorCode | false)[] = [
    (takesFields || takesKey) && 'request.invalid',
    takesBody && bodyTypes === undefined && 'request.malformed',
    takesBody && 'request.too-large',
    takesBody && 'request.media-type',
    query !== undefined && 'cursor' in query.shape && 'request.cursor',
    query !== undefined && 'waitFor' in query.shape && 'position.not-reached',
    requires !== 'nothing' && 'request.unauthorized',
    requires !== 'nothing' && 'request.forbidden',
    // Read models are asked without the log.
    requires !== 'nothing' && 'postgres.unreachable',
    requires !== 'nothing' && 'log.unavailable',
    requires !== 'nothing' && 'read-models.not-ready',
    requires !== 'nothing' && 'read-models.stopped',
    // Every command may come twice, and adds events to the log.
    takesKey && 'request.idempotency-mismatch',
    takesKey && 'event.invalid-text',
    takesKey && 'event.too-large',
    takesKey && 'log.conflict',
    takesKey && 'server.overloaded',
    takesKey && 'server.draining',
    ...errors,
    'server.error',
  ];
  return [...new Set(codes.filter((code) => code !== false))];
}
