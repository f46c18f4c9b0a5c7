import { Fault } from '#libs/kernel';

export interface Readiness {
  /** Whether every read model has tables that may be shown. */
  readonly isReady: boolean;
  /** Whether tables of an older version are read. */
  readonly isBuilding: boolean;
}

/**
 * A read that is refused while a read model has no tables that may be shown, or lacks a column that only its next version has:
 * an error is an answer that callers can wait out, an empty list is one that they believe. Judged again afterwards, because
 * tables may have been found wanting while they were read.
 */
export function onlyWhenReady<Args extends unknown[], Answer>(
  models: Readiness,
  read: (...args: Args) => Promise<Answer>,
): (...args: Args) => Promise<Answer> {
  const check = () => {
    if (!models.isReady) throw notReady();
  };
  return async (...args) => {
    check();
    const answer = await read(...args).catch((error) => {
      throw models.isBuilding && isMissing(error) ? notReady() : error;
    });
    check();
    return answer;
  };
}

function notReady(): Fault {
  return new Fault('read-models.not-ready', 'backoff', 'the read models are being built');
}

/** The database does not know a column or a table that the read names. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^42(?:703|P01)$/.test(String(error.code));
}
