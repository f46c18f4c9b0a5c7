import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, toPage } from './cursor.ts';

describe('cursors', () => {
  it('come back as they were given out', () => {
    expect(decodeCursor(encodeCursor(42), /^\d+$/)).toBe('42');
    expect(decodeCursor(encodeCursor('7-build'), /^\d+-[a-z]+$/)).toBe('7-build');
    expect(decodeCursor(undefined, /^\d+$/)).toBeUndefined();
  });

  it.each(['', '%%%', encodeCursor("1' or true"), encodeCursor('-1')])('refuses %j', (cursor) => {
    expect(() => decodeCursor(cursor, /^\d+$/)).toThrow(
      expect.objectContaining({ code: 'request.cursor' }),
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
