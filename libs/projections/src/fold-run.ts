import type { RunDto } from '#libs/api-contract';
import type { Plan, RecordedEvent } from '#libs/events';
import { invariant } from '#libs/kernel';
import { mergeChanges } from './merge-changes.ts';
import type { Projection, ReadTable } from './projection.ts';
import { runAttempts, runDetailProjection, runSteps, runWaits } from './run-detail.projection.ts';
import { runList, runListProjection, runStatusOf } from './run-list.projection.ts';
import { type RunPageRow, runOf } from './run-rows.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * The run as its events tell it, up to the last one given: any run at any position or time. Pure. It goes through the
 * projections and the rows that the read models go through, so both show the same.
 *
 * @param events  the run's stream from its first event on, at least one
 */
export function foldRun(plan: Plan, events: readonly RecordedEvent[]): RunDto {
  const last = events.at(-1);
  invariant(events[0]?.type === 'run.queued' && last, 'a run begins with run.queued');
  const merged = mergeChanges(
    [runListProjection, runDetailProjection].flatMap((projection) =>
      changesOf(projection, plan, events),
    ),
  );
  const rowsOf = (table: ReadTable): readonly Row[] =>
    (merged.get(table.name) ?? []).flatMap(({ key, insert }) =>
      insert ? [wholeRow(table, { ...key, ...insert })] : [],
    );
  const [run] = rowsOf(runList);
  const page = {
    ...run,
    status: runStatusOf(run ?? {}),
    position: last.position,
    steps: rowsOf(runSteps),
    attempts: rowsOf(runAttempts).toSorted((a, b) => Number(a.attempt) - Number(b.attempt)),
    waits: rowsOf(runWaits),
  };
  // The rows have the columns of the tables, which is what the reader of the tables is given.
  return runOf(page as unknown as RunPageRow);
}

function changesOf(projection: Projection, plan: Plan, events: readonly RecordedEvent[]) {
  const handles = new Set<string>(projection.handles);
  return events
    .filter(({ type }) => handles.has(type))
    .flatMap((event) => projection.project(event, () => plan));
}

/** A row as the database has it: what was not written is null. */
function wholeRow({ columns }: ReadTable, row: Row): Row {
  return Object.fromEntries(Object.keys(columns).map((column) => [column, row[column] ?? null]));
}
