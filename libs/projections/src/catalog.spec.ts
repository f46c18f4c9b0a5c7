import { describe, expect, it } from 'vitest';
import { projections } from './catalog.ts';

describe('the catalog', () => {
  it('has each name, and each table, once', () => {
    const names = projections.map(({ name }) => name);
    const tables = projections.flatMap((each) => each.tables.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(tables).size).toBe(tables.length);
  });

  it('declares the columns of every key', () => {
    for (const { key, columns } of projections.flatMap(({ tables }) => tables)) {
      expect(Object.keys(columns)).toEqual(expect.arrayContaining([...key]));
    }
  });
});
