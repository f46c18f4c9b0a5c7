import type { RunSummary } from '#libs/api-contract';
import { personOf, type TenantId } from '#libs/events';

/** Names of people, outside the log. @throws Fault of the database */
export interface People {
  /** By subject id. People who are unknown, erased or of another tenant are left out. */
  namesOf(tenant: TenantId, subjects: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Runs with the names of those who started and cancelled them. A run that no person had to do with costs no question. */
export async function withNames<Run extends RunSummary>(
  people: People,
  tenant: TenantId,
  runs: readonly Run[],
): Promise<readonly Run[]> {
  const actors = runs.flatMap(({ trigger, cancel }) => [trigger.actor, cancel?.by ?? '']);
  const subjects = new Set(actors.flatMap((actor) => personOf(actor) ?? []));
  if (subjects.size === 0) return runs;
  const names = await people.namesOf(tenant, [...subjects]);
  const nameOf = (actor: string) => names.get(personOf(actor) ?? '');
  return runs.map((run) => {
    const actorName = nameOf(run.trigger.actor);
    const byName = run.cancel ? nameOf(run.cancel.by) : undefined;
    return {
      ...run,
      trigger: { ...run.trigger, ...(actorName === undefined ? {} : { actorName }) },
      cancel: run.cancel && { ...run.cancel, ...(byName === undefined ? {} : { byName }) },
    };
  });
}

/** As `withNames`, of one run. */
export async function withItsNames<Run extends RunSummary>(
  people: People,
  tenant: TenantId,
  run: Run,
): Promise<Run> {
  const [named = run] = await withNames(people, tenant, [run]);
  return named;
}
