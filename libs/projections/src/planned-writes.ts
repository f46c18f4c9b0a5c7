import { createHash } from 'node:crypto';
import type { PlanCache } from '#libs/event-store';
import type { PlanLookup, RecordedEvent } from '#libs/events';
import type { PoolClient } from '#libs/postgres';
import { changeStatements, type SqlStatement } from './change-statements.ts';
import { mergeChanges } from './merge-changes.ts';
import type { Projection, RowChange } from './projection.ts';
import type { TableSet } from './table-set.ts';
import { EventRefused } from './write-transaction.ts';

/** Loads the plans that a batch of events names. */
export function plansOf(batch: readonly RecordedEvent[], plans: PlanCache): Promise<PlanLookup> {
  return plans.load(
    new Set(batch.flatMap((event) => (event.type === 'run.queued' ? [event.data.planHash] : []))),
  );
}

export interface WriteContext {
  readonly plans: PlanLookup;
  /** The tables hold everything up to here. */
  readonly after: number;
  /** Positions that the read model passes over. */
  readonly skips: ReadonlySet<number>;
}

/**
 * The statements that apply a batch of events to one copy of a read model's tables.
 *
 * @throws EventRefused whatever the projection throws: it is pure, so that trying again cannot help
 */
export function planWrites(
  projection: Projection,
  tables: TableSet,
  batch: readonly RecordedEvent[],
  context: WriteContext,
): readonly SqlStatement[] {
  try {
    return statementsOf(projection, tables, batch, context);
  } catch (error) {
    throw new EventRefused(error);
  }
}

function statementsOf(
  projection: Projection,
  { tables }: TableSet,
  batch: readonly RecordedEvent[],
  { plans, after, skips }: WriteContext,
): readonly SqlStatement[] {
  const handles = new Set<string>(projection.handles);
  const changes: RowChange[] = [];
  for (const event of batch) {
    if (event.position <= after || !handles.has(event.type) || skips.has(event.position)) continue;
    for (const change of projection.project(event, plans)) changes.push(change);
  }
  if (changes.length === 0) return [];
  const merged = mergeChanges(changes);
  return tables.flatMap((table) => changeStatements(table, merged.get(table.name) ?? []));
}

/** Inside the caller's transaction. */
export async function runStatements(
  client: PoolClient,
  statements: readonly SqlStatement[],
): Promise<void> {
  for (const { text, values } of statements)
    await client.query({ name: statementName(text), text, values: [...values] });
}

const names = new Map<string, string>();

/** Named, a statement is planned once per connection; there are as many as the projections have ways to change a row. */
function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `write_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
    names.set(text, name);
  }
  return name;
}
