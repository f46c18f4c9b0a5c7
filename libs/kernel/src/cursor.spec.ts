import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

it('gives back the key of its list', () => {
  expect(decodeCursor(encodeCursor(42), /^\d+$/)).toBe('42');
  expect(decodeCursor(encodeCursor('7-build'), /^\d+-[a-z]+$/)).toBe('7-build');
  const name = 'größe ?>~ 😀';
  expect(encodeCursor(name)).toBe(Buffer.from(name).toString('base64url'));
  expect(decodeCursor(encodeCursor(name), /^.+$/)).toBe(name);
});

it.each(['', '%%%', 'a', encodeCursor("1' or true"), encodeCursor('-1'), encodeCursor('7-build')])(
  'refuses %j, which a list of numbers does not give out',
  (cursor) => expect(decodeCursor(cursor, /^\d+$/)).toBeUndefined(),
);
