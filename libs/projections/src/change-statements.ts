import type { MergedRow } from './merge-changes.ts';
import type { WrittenTable } from './table-set.ts';

export interface SqlStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * The statements that write a batch's rows of one table: one to remove, one to insert, and one for each set of columns that
 * is changed. Rows travel as one json parameter.
 */
export function changeStatements(
  table: WrittenTable,
  rows: readonly MergedRow[],
): readonly SqlStatement[] {
  const name = table.qualified;
  const statements: SqlStatement[] = [];
  const removed = rows.filter(({ removes }) => removes);
  if (removed.length > 0) {
    const match = table.key.map((column) => `t.${column} = x.${column}`).join(' and ');
    statements.push({
      text: `delete from ${name} t using ${recordset(table, table.key)} where ${match}`,
      values: [json(removed.map(({ key }) => key))],
    });
  }
  const inserted = rows.flatMap(({ key, insert }) => (insert ? [{ ...key, ...insert }] : []));
  if (inserted.length > 0) {
    const columns = Object.keys(table.columns);
    const list = columns.join(', ');
    const changed = columns.filter((column) => !table.key.includes(column));
    const text = `insert into ${name} (${list}) select ${columns.map((column) => `x.${column}`).join(', ')} from ${recordset(table, columns)}
      on conflict (${table.key.join(', ')}) do update set ${changed.map((column) => `${column} = excluded.${column}`).join(', ')}`;
    statements.push({ text, values: [json(inserted)] });
  }
  return [...statements, ...updateStatements(table, rows)];
}

function updateStatements(
  table: WrittenTable,
  rows: readonly MergedRow[],
): readonly SqlStatement[] {
  const groups = new Map<string, MergedRow[]>();
  for (const row of rows) {
    if (row.insert || row.removes) continue;
    const id = `${Object.keys(row.set).join()}|${Object.keys(row.first).join()}`;
    const group = groups.get(id) ?? [];
    groups.set(id, group);
    group.push(row);
  }
  return [...groups.values()].flatMap((group) => {
    const set = columnsOf(table, group[0]?.set);
    const first = columnsOf(table, group[0]?.first);
    if (set.length + first.length === 0) return [];
    const assignments = [
      ...set.map((column) => `${column} = x.${column}`),
      ...first.map((column) => `${column} = coalesce(t.${column}, x.${column})`),
    ];
    const match = table.key.map((column) => `t.${column} = x.${column}`).join(' and ');
    const columns = [...table.key, ...set, ...first];
    return [
      {
        text: `update ${table.qualified} t set ${assignments.join(', ')} from ${recordset(table, columns)} where ${match}`,
        values: [json(group.map((row) => ({ ...row.key, ...row.set, ...row.first })))],
      },
    ];
  });
}

/** Sorted, so that equal sets of columns have one statement. */
function columnsOf(table: WrittenTable, values: object = {}): readonly string[] {
  return Object.keys(values)
    .filter((column) => !table.lacks.has(column))
    .sort();
}

/** Columns are the table's own names, never data. */
function recordset(table: WrittenTable, columns: readonly string[]): string {
  return `json_to_recordset($1::json) as x(${columns.map((column) => `${column} ${table.columns[column]}`).join(', ')})`;
}

function json(rows: readonly object[]): string {
  return JSON.stringify(rows);
}
