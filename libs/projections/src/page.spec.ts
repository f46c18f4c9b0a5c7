import { describe, expect, it } from 'vitest';
import { encodeCursor } from '#libs/kernel';
import { pageStart, toPage } from './page.ts';

describe('pageStart', () => {
  it('is the key of the cursor, and nothing without one', () => {
    expect(pageStart(encodeCursor(42), /^\d+$/)).toBe('42');
    expect(pageStart(undefined, /^\d+$/)).toBeUndefined();
  });

  it.each(['', '%%%', encodeCursor('-1')])('refuses %j', (cursor) => {
    expect(() => pageStart(cursor, /^\d+$/)).toThrow(
      expect.objectContaining({ code: 'request.cursor', retry: 'never' }),
    );
  });
});

describe('toPage', () => {
  const as = { item: (row: number) => `${row}`, key: (row: number) => row };

  it.each([
    [[9, 8, 7], 2, ['9', '8'], encodeCursor(8)],
    [[9, 8], 2, ['9', '8'], null],
    [[], 2, [], null],
  ])('of %j with limit %d', (rows, limit, items, next) => {
    expect(toPage(rows, limit, as)).toEqual({ items, next });
  });
});
