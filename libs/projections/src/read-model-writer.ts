import { createHash } from 'node:crypto';
import type { PlanCache } from '#libs/event-store';
import type { PlanLookup, RecordedEvent } from '#libs/events';
import { isRefusedValue, type PoolClient } from '#libs/postgres';
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

interface ApplyOptions {
  readonly plans: PlanLookup;
  readonly nameOf: TableName;
}

/** Loads the plans that a batch of events names. */
export function plansOf(batch: readonly RecordedEvent[], plans: PlanCache): Promise<PlanLookup> {
  return plans.load(
    new Set(batch.flatMap((event) => (event.type === 'run.queued' ? [event.data.planHash] : []))),
  );
}

/**
 * Applies a batch to some projections inside the caller's transaction. An event that a projection cannot take is skipped
 * for it and kept in `projection_failures`, so that the others and what follows are not held up: it is a bug, and a
 * rebuild with the corrected version mends it.
 *
 * @returns what was skipped
 */
export async function applyBatch(
  client: PoolClient,
  projections: readonly Projection[],
  batch: readonly RecordedEvent[],
  options: ApplyOptions,
): Promise<readonly ProjectionFailure[]> {
  await client.query('savepoint batch');
  try {
    const failures = await writeBatch(client, projections, batch, options);
    return await keepFailures(client, failures);
  } catch (error) {
    if (!isRefusedValue(error)) throw error;
    await client.query('rollback to savepoint batch');
    return await keepFailures(client, await applySingly(client, projections, batch, options));
  }
}

/** Finds the rows that the database refuses, in a batch of which it refused some. */
async function applySingly(
  client: PoolClient,
  projections: readonly Projection[],
  batch: readonly RecordedEvent[],
  options: ApplyOptions,
): Promise<readonly ProjectionFailure[]> {
  const failures: ProjectionFailure[] = [];
  for (const event of batch) {
    for (const projection of projections) {
      await client.query('savepoint event');
      try {
        failures.push(...(await writeBatch(client, [projection], [event], options)));
      } catch (error) {
        if (!isRefusedValue(error)) throw error;
        await client.query('rollback to savepoint event');
        failures.push(failureOf(projection, event, error));
      }
    }
  }
  return failures;
}

async function writeBatch(
  client: PoolClient,
  projections: readonly Projection[],
  batch: readonly RecordedEvent[],
  { plans, nameOf }: ApplyOptions,
): Promise<readonly ProjectionFailure[]> {
  const failures: ProjectionFailure[] = [];
  const changes: RowChange[] = [];
  for (const projection of projections) {
    const handles = new Set<string>(projection.handles);
    for (const event of batch) {
      if (!handles.has(event.type)) continue;
      try {
        changes.push(...projection.project(event, plans));
      } catch (error) {
        failures.push(failureOf(projection, event, error));
      }
    }
  }
  const merged = mergeChanges(changes);
  for (const table of projections.flatMap(({ tables }) => tables)) {
    const rows = merged.get(table.name);
    if (!rows) continue;
    for (const { text, values } of changeStatements(table, nameOf(table.name), rows))
      await client.query({ name: statementName(text), text, values: [...values] });
  }
  return failures;
}

/** Named, a statement is planned once per connection; there are as many as the projections have ways to change a row. */
function statementName(text: string): string {
  return `write_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

async function keepFailures(
  client: PoolClient,
  failures: readonly ProjectionFailure[],
): Promise<readonly ProjectionFailure[]> {
  for (const { projection, position, error } of failures) {
    await client.query(
      'insert into projection_failures (name, position, error) values ($1, $2, $3) on conflict do nothing',
      [projection, position, error],
    );
  }
  return failures;
}

function failureOf(
  { name }: Projection,
  { position }: RecordedEvent,
  error: unknown,
): ProjectionFailure {
  return { projection: name, position, error: String(error).slice(0, 2_000) };
}
