import { describe, expect, it } from 'vitest';
import type { Projection, ReadTable } from './projection.ts';
import {
  createStatements,
  hasTables,
  olderTables,
  type StoredColumn,
  statedTables,
} from './table-set.ts';

const table: ReadTable = {
  name: 't',
  key: ['run', 'step'],
  columns: {
    run: 'uuid',
    step: 'text',
    ended: 'timestamptz',
    status: { type: 'text', generatedAs: `case when ended is null then 'open' else 'over' end` },
  },
  indexes: [
    { columns: ['ended', 'step'], where: 'ended is null' },
    { columns: ['step'], unique: true },
  ],
};
const projection: Projection = {
  name: 'p',
  version: 2,
  tables: [table],
  handles: [],
  project: () => [],
};
const stored = (name: string, over: Partial<StoredColumn> = {}): StoredColumn => ({
  table: 't',
  name,
  type: 'text',
  isGenerated: false,
  isKey: false,
  ...over,
});

it('creates a table with its key, its indexes and what the database works out', () => {
  expect(createStatements(table, 's.draft')).toEqual([
    `create table s.draft (run uuid, step text, ended timestamptz, status text generated always as (case when ended is null then 'open' else 'over' end) stored, primary key (run, step))`,
    'create index on s.draft (ended, step) where ended is null',
    'create unique index on s.draft (step)',
  ]);
});

it('writes every column but those that the database works out', () => {
  expect(statedTables(projection).tables[0]?.columns).toEqual({
    run: 'uuid',
    step: 'text',
    ended: 'timestamptz',
  });
});

describe('tables of an older version', () => {
  const keys = [stored('run', { isKey: true, type: 'uuid' }), stored('step', { isKey: true })];

  it('are written as far as they have the columns', () => {
    const found = olderTables(projection, 1, [...keys, stored('gone'), stored('status')]);
    expect(found).toMatchObject({ version: 1 });
    expect(found?.tables[0]?.columns).toEqual({ run: 'uuid', step: 'text' });
    expect(found?.tables[0]?.lacks).toEqual(new Set(['ended']));
  });

  it('are of no use with another key, or if there are none', () => {
    expect(olderTables(projection, 1, [stored('run', { isKey: true })])).toBeUndefined();
    expect(olderTables(projection, 1, [])).toBeUndefined();
  });
});

it('looks for every table with its key and every column, under the name that is asked for', () => {
  const whole = [
    stored('run', { isKey: true }),
    stored('step', { isKey: true }),
    stored('ended'),
    stored('status', { isGenerated: true }),
  ];
  expect(hasTables(projection, whole)).toBe(true);
  expect(hasTables(projection, whole.slice(0, 3))).toBe(false);
  expect(hasTables(projection, [stored('run'), ...whole.slice(1)])).toBe(false);
  expect(hasTables(projection, whole, (name) => `${name}_draft`)).toBe(false);
  const drafts = whole.map((column) => ({ ...column, table: 't_draft' }));
  expect(hasTables(projection, drafts, (name) => `${name}_draft`)).toBe(true);
});
