import type { Projection, ReadTable } from './projection.ts';

/** The schema of the read models' tables. */
export const readSchema = 'read_models';

export const draftName = (table: string) => `${table}_draft`;
export const liveTable = (table: string) => `${readSchema}.${table}`;
export const draftTable = (table: string) => liveTable(draftName(table));

/** A table as it is written: the columns that it has. */
export interface WrittenTable {
  /** As projections name it. */
  readonly name: string;
  /** As SQL names it, with its schema. */
  readonly qualified: string;
  readonly key: readonly string[];
  /** Columns that are written, with their types. */
  readonly columns: Readonly<Record<string, string>>;
  /** Columns of the projection that the table lacks, because an older version made it: they are left out. */
  readonly lacks: ReadonlySet<string>;
}

/** One copy of a read model's tables: the live one, or a draft. */
export interface TableSet {
  /** The version whose tables they are. */
  readonly version: number;
  readonly tables: readonly WrittenTable[];
}

/** The tables as the projection states them. */
export function statedTables(
  { version, tables }: Projection,
  nameOf: (table: string) => string = liveTable,
): TableSet {
  return {
    version,
    tables: tables.map((table) => ({
      name: table.name,
      qualified: nameOf(table.name),
      key: table.key,
      columns: writtenColumns(table),
      lacks: new Set(),
    })),
  };
}

/** A column of a table in the database. */
export interface StoredColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly isGenerated: boolean;
  readonly isKey: boolean;
}

/** Whether the database has every table of a projection under a name, with its key and every column. */
export function hasTables(
  { tables }: Projection,
  stored: readonly StoredColumn[],
  nameOf: (table: string) => string = (table) => table,
): boolean {
  return tables.every(({ name, key, columns }) => {
    const found = stored.filter(({ table }) => table === nameOf(name));
    const names = new Set(found.map((column) => column.name));
    return hasKey(found, key) && Object.keys(columns).every((column) => names.has(column));
  });
}

/**
 * The live tables of another version, written by the projection at hand as far as they have its columns.
 *
 * @returns undefined if they cannot be written, because they are not there or have another key
 */
export function olderTables(
  { tables }: Projection,
  version: number,
  stored: readonly StoredColumn[],
): TableSet | undefined {
  const written: WrittenTable[] = [];
  for (const table of tables) {
    const columns = stored.filter((column) => column.table === table.name);
    // A table that only the new version has is not written yet.
    if (columns.length === 0) continue;
    if (!hasKey(columns, table.key)) return undefined;
    const types = new Map(
      columns.filter(({ isGenerated }) => !isGenerated).map(({ name, type }) => [name, type]),
    );
    const stated = Object.keys(writtenColumns(table));
    written.push({
      name: table.name,
      qualified: liveTable(table.name),
      key: table.key,
      columns: Object.fromEntries([...types].filter(([name]) => stated.includes(name))),
      lacks: new Set(stated.filter((name) => !types.has(name))),
    });
  }
  return written.length > 0 ? { version, tables: written } : undefined;
}

/** The statements that create a table under a name. */
export function createStatements(table: ReadTable, qualified: string): readonly string[] {
  const columns = Object.entries(table.columns).map(([name, column]) =>
    typeof column === 'string'
      ? `${name} ${column}`
      : `${name} ${column.type} generated always as (${column.generatedAs}) stored`,
  );
  const key = `primary key (${table.key.join(', ')})`;
  const indexes = (table.indexes ?? []).map(
    ({ columns: indexed, unique, where }) =>
      `create ${unique ? 'unique ' : ''}index on ${qualified} (${indexed.join(', ')})${where ? ` where ${where}` : ''}`,
  );
  return [`create table ${qualified} (${[...columns, key].join(', ')})`, ...indexes];
}

function hasKey(columns: readonly StoredColumn[], key: readonly string[]): boolean {
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  return keys.toSorted().join() === key.toSorted().join();
}

function writtenColumns({ columns }: ReadTable): Record<string, string> {
  return Object.fromEntries(
    Object.entries(columns).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  );
}
