import { expect, it } from 'vitest';
import { cursorOf, placeOf } from './place-cursor.ts';

it.each([0, 7, 999_999_999_999_999])('gives %i back', (place) =>
  expect(placeOf(cursorOf(place), 3)).toEqual({ ok: true, value: place }),
);

it('is what the caller means without a cursor', () =>
  expect(placeOf(undefined, 3)).toEqual({ ok: true, value: 3 }));

it.each(['', 'x', 'LTE', cursorOf(-1), cursorOf(1.5), `${cursorOf(9_999_999_999_999_998)}MDA`])(
  'refuses %j',
  (text) => expect(placeOf(text, 3)).toMatchObject({ refusal: { code: 'request.cursor' } }),
);
