import { expect, it } from 'vitest';
import { cursorOf, placeOf } from './cursor.ts';

it.each([0, 7, 999_999_999_999_999])('gives %i back', (place) => {
  expect(placeOf(cursorOf(place))).toBe(place);
});

it.each(['', 'x', 'LTE', cursorOf(-1), cursorOf(1.5), `${cursorOf(9_999_999_999_999_998)}MDA`])(
  'does not take %j for one of ours',
  (text) => expect(placeOf(text)).toBeUndefined(),
);
