import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeChanges } from './merge-changes.ts';
import type { RowChange } from './projection.ts';

type Row = Record<string, unknown>;
type Tables = Map<string, Row>;

const columns = ['a', 'b', 'since'];
const change: fc.Arbitrary<RowChange> = fc
  .record({
    table: fc.constantFrom('t', 'u'),
    id: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('insert', 'set', 'first', 'both', 'remove'),
    value: fc.integer(),
  })
  .map(({ table, id, kind, value }) => {
    const key = { id };
    if (kind === 'insert') return { table, key, insert: { a: value } };
    if (kind === 'set') return { table, key, set: { b: value } };
    if (kind === 'first') return { table, key, first: { since: value } };
    if (kind === 'both') return { table, key, set: { a: value }, first: { since: value } };
    return { table, key, remove: true };
  });

describe('mergeChanges', () => {
  it('comes to the same as one change after the other', () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (before, batch) => {
        const start: Tables = new Map();
        for (const one of before) applyChange(start, one);
        const oneByOne = structuredClone(start);
        for (const one of batch) applyChange(oneByOne, one);
        const merged = structuredClone(start);
        for (const [table, rows] of mergeChanges(batch)) {
          for (const row of rows) {
            const id = `${table} ${row.key.id}`;
            if (row.removes) merged.delete(id);
            if (row.insert) merged.set(id, { ...emptyRow(), ...row.insert });
            else update(merged, id, row);
          }
        }
        expect(sorted(merged)).toEqual(sorted(oneByOne));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps tables and keys apart', () => {
    const merged = mergeChanges([
      { table: 't', key: { run: 'a', step: 'b' }, set: { a: 1 } },
      { table: 't', key: { run: 'a', step: 'c' }, set: { a: 2 } },
      { table: 'u', key: { run: 'a', step: 'b' }, set: { a: 3 } },
      { table: 't', key: { run: 'a', step: 'b' }, set: { a: 4 } },
    ]);
    expect(merged.get('t')?.map(({ set }) => set)).toEqual([{ a: 4 }, { a: 2 }]);
    expect(merged.get('u')?.map(({ set }) => set)).toEqual([{ a: 3 }]);
  });
});

/** What the database does with one change. */
function applyChange(tables: Tables, one: RowChange): void {
  const id = `${one.table} ${one.key.id}`;
  if (one.remove) tables.delete(id);
  if (one.insert) tables.set(id, { ...emptyRow(), ...one.insert });
  update(tables, id, one);
}

function update(tables: Tables, id: string, change: { set?: object; first?: object }): void {
  const row = tables.get(id);
  if (!row) return;
  Object.assign(row, change.set);
  for (const [column, value] of Object.entries(change.first ?? {})) row[column] ??= value;
}

function emptyRow(): Row {
  return Object.fromEntries(columns.map((column) => [column, null]));
}

function sorted(tables: Tables) {
  return [...tables].sort(([left], [right]) => (left < right ? -1 : 1));
}
