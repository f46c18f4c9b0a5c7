import type { PlanCache } from '#libs/event-store';
import type { PlanLookup, RecordedEvent } from '#libs/events';
import type { PoolClient } from '#libs/postgres';
import { changeStatements } from './change-statements.ts';
import { mergeChanges } from './merge-changes.ts';
import type { Projection, RowChange } from './projection.ts';

/** The schema of the live tables. */
export const readSchema = 'read_models';

/** How a projection's tables are called while they are written. */
export type TableName = (table: string) => string;

export const liveTable: TableName = (table) => `${readSchema}.${table}`;

/** An event that a projection could not take: a bug in it. */
export interface ProjectionFailure {
  readonly projection: string;
  readonly position: number;
  readonly error: string;
}

/** Loads the plans that a batch of events names. */
export function plansOf(batch: readonly RecordedEvent[], plans: PlanCache): Promise<PlanLookup> {
  return plans.load(
    new Set(batch.flatMap((event) => (event.type === 'run.queued' ? [event.data.planHash] : []))),
  );
}

/**
 * Applies a batch to some projections inside the caller's transaction.
 *
 * @returns events that were skipped because a projection threw: the others and what follows are not held up
 */
export async function applyBatch(
  client: PoolClient,
  projections: readonly Projection[],
  batch: readonly RecordedEvent[],
  options: { readonly plans: PlanLookup; readonly nameOf: TableName },
): Promise<readonly ProjectionFailure[]> {
  const failures: ProjectionFailure[] = [];
  const changes: RowChange[] = [];
  for (const projection of projections) {
    const handles = new Set<string>(projection.handles);
    for (const event of batch) {
      if (!handles.has(event.type)) continue;
      try {
        changes.push(...projection.project(event, options.plans));
      } catch (error) {
        failures.push({
          projection: projection.name,
          position: event.position,
          error: String(error),
        });
      }
    }
  }
  const merged = mergeChanges(changes);
  for (const table of projections.flatMap(({ tables }) => tables)) {
    const rows = merged.get(table.name);
    if (!rows) continue;
    for (const { text, values } of changeStatements(table, options.nameOf(table.name), rows))
      await client.query(text, [...values]);
  }
  return failures;
}
