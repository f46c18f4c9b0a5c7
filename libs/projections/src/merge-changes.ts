import type { RowChange } from './projection.ts';

/** What becomes of one row over a whole batch. */
export interface MergedRow {
  readonly key: Readonly<Record<string, unknown>>;
  /** The old row goes first. */
  removes: boolean;
  /** A whole new row, the later changes of the batch in it. */
  insert: Record<string, unknown> | undefined;
  set: Record<string, unknown>;
  first: Record<string, unknown>;
}

/**
 * The changes of a batch, row by row: applying the merged rows gives the same tables as applying the changes one after
 * the other. Keyed by table, rows in the order of their first change.
 */
export function mergeChanges(
  changes: readonly RowChange[],
): ReadonlyMap<string, readonly MergedRow[]> {
  const tables = new Map<string, Map<string, MergedRow>>();
  for (const change of changes) {
    const rows = tables.get(change.table) ?? new Map<string, MergedRow>();
    tables.set(change.table, rows);
    const id = Object.values(change.key).join('\u0000');
    const row = rows.get(id) ?? {
      key: change.key,
      removes: false,
      insert: undefined,
      set: {},
      first: {},
    };
    rows.set(id, row);
    apply(row, change);
  }
  return new Map([...tables].map(([table, rows]) => [table, [...rows.values()]]));
}

function apply(row: MergedRow, change: RowChange): void {
  if (change.remove || change.insert) {
    if (change.remove) row.removes = true;
    row.insert = change.insert ? { ...change.insert } : undefined;
    row.set = {};
    row.first = {};
  }
  if (row.insert) {
    Object.assign(row.insert, change.set);
    for (const [column, value] of Object.entries(change.first ?? {})) row.insert[column] ??= value;
    return;
  }
  // Nothing of a row that was removed in this batch can be changed.
  if (row.removes) return;
  Object.assign(row.set, change.set);
  row.first = { ...change.first, ...row.first };
}
