import { notReady, type ReadableModels } from './readable-models.ts';

export interface GuardedRead<Args extends unknown[], Answer> {
  /** The names of the read models that it reads. */
  readonly of: readonly string[];
  read(...args: Args): Promise<Answer>;
}

/**
 * A read that is refused while a read model that it reads has no tables that may be shown, lacks a column that only its next
 * version has, or has stopped at an event: an error is an answer that callers can act upon, an empty or stale list is one that
 * they believe. Judged again afterwards, because tables may have been found wanting while they were read.
 *
 * @throws Fault `read-models.not-ready`, `read-models.stopped`
 */
export function onlyWhenReady<Args extends unknown[], Answer>(
  models: Pick<ReadableModels, 'check' | 'olderOf'>,
  { of, read }: GuardedRead<Args, Answer>,
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    await models.check(of);
    const answer = await read(...args).catch((error) => {
      const older = isMissing(error) ? models.olderOf(of) : undefined;
      throw older === undefined ? error : notReady(older);
    });
    await models.check(of);
    return answer;
  };
}

/** The database does not know a column or a table that the read names. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^42(?:703|P01)$/.test(String(error.code));
}
