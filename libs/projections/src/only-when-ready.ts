import { Fault } from '#libs/kernel';
import type { FailedEvent } from '#libs/subscriptions';

export interface Readiness {
  /** Whether every read model has tables that may be shown. */
  readonly isReady: boolean;
  /** Whether tables of an older version are read. */
  readonly isBuilding: boolean;
  /** Those that have stopped, by name, and the event that each could not take. */
  readonly stopped: ReadonlyMap<string, FailedEvent>;
  /** Notices which of them another process has let go on. */
  seeSkips(): Promise<void>;
}

export interface GuardedRead<Args extends unknown[], Answer> {
  /** The names of the read models that it reads. */
  readonly of: readonly string[];
  read(...args: Args): Promise<Answer>;
}

/**
 * A read that is refused while a read model has no tables that may be shown, lacks a column that only its next version has, or
 * has stopped at an event: an error is an answer that callers can act upon, an empty or stale list is one that they believe.
 * Judged again afterwards, because tables may have been found wanting while they were read.
 *
 * @throws Fault `read-models.not-ready`, `read-models.stopped`
 */
export function onlyWhenReady<Args extends unknown[], Answer>(
  models: Readiness,
  { of, read }: GuardedRead<Args, Answer>,
): (...args: Args) => Promise<Answer> {
  const check = async () => {
    if (of.some((name) => models.stopped.has(name))) await models.seeSkips();
    const { stopped } = models;
    for (const name of of) {
      const event = stopped.get(name);
      if (event) throw new Fault('read-models.stopped', 'never', stoppedWords(name, event));
    }
    if (!models.isReady) throw notReady();
  };
  return async (...args) => {
    await check();
    const answer = await read(...args).catch((error) => {
      throw models.isBuilding && isMissing(error) ? notReady() : error;
    });
    await check();
    return answer;
  };
}

/** Names a stopped read model and its event. */
export function stoppedWords(name: string, { position, type }: FailedEvent): string {
  return `read model ${name} stopped at event ${position} (${type})`;
}

function notReady(): Fault {
  return new Fault('read-models.not-ready', 'backoff', 'the read models are being built');
}

/** The database does not know a column or a table that the read names. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^42(?:703|P01)$/.test(String(error.code));
}
