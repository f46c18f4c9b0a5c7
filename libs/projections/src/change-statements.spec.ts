import { describe, expect, it } from 'vitest';
import { changeStatements } from './change-statements.ts';
import { mergeChanges } from './merge-changes.ts';
import type { RowChange } from './projection.ts';
import type { WrittenTable } from './table-set.ts';

const table: WrittenTable = {
  name: 't',
  qualified: 'draft.t',
  lacks: new Set(),
  key: ['run', 'step'],
  columns: { run: 'uuid', step: 'text', status: 'text', started: 'timestamptz' },
};
const key = (step: string) => ({ run: 'r', step });

function statements(...changes: RowChange[]) {
  return changeStatements(table, mergeChanges(changes).get('t') ?? []);
}

describe('changeStatements', () => {
  it('removes, then inserts, then changes; one json parameter each', () => {
    const all = statements(
      { table: 't', key: key('gone'), remove: true },
      { table: 't', key: key('new'), insert: { status: 'queued' } },
      { table: 't', key: key('old'), set: { status: 'running' }, first: { started: 'now' } },
    );
    expect(all.map(({ text }) => text.split(' ', 3).join(' '))).toEqual([
      'delete from draft.t',
      'insert into draft.t',
      'update draft.t t',
    ]);
    expect(all.map(({ values }) => values.map((value) => JSON.parse(String(value))))).toEqual([
      [[{ run: 'r', step: 'gone' }]],
      [[{ run: 'r', step: 'new', status: 'queued' }]],
      [[{ run: 'r', step: 'old', status: 'running', started: 'now' }]],
    ]);
    expect(all[2]?.text).toContain('started = coalesce(t.started, x.started)');
  });

  it('writes rows that change the same columns by one statement', () => {
    const all = statements(
      { table: 't', key: key('a'), set: { status: 'running' } },
      { table: 't', key: key('b'), set: { status: 'queued' } },
      { table: 't', key: key('c'), first: { started: 'now' } },
    );
    expect(all).toHaveLength(2);
    expect(JSON.parse(String(all[0]?.values[0]))).toHaveLength(2);
  });

  it('leaves out columns that an older table lacks', () => {
    const { started: _, ...columns } = table.columns;
    const older = { ...table, columns, lacks: new Set(['started']) };
    const merged = mergeChanges([
      { table: 't', key: key('new'), insert: { status: 'queued', started: 'now' } },
      { table: 't', key: key('old'), set: { status: 'running' }, first: { started: 'now' } },
      { table: 't', key: key('other'), first: { started: 'now' } },
    ]);
    const all = changeStatements(older, merged.get('t') ?? []);
    expect(all).toHaveLength(2);
    for (const { text } of all) expect(text).not.toContain('started');
  });

  it('has nothing to say of rows that do not change', () => {
    expect(statements({ table: 't', key: key('a'), set: {} })).toEqual([]);
    expect(changeStatements(table, [])).toEqual([]);
  });
});
