import { decodeCursor, describeError, encodeCursor } from '#libs/kernel';
import { type Answer, accepted, refused } from './answer.ts';

/** The cursor of a page that begins behind a number, such as a position. */
export function cursorOf(place: number): string {
  return encodeCursor(place);
}

/** The number of a cursor, or what is meant without one; `request.cursor` for what `cursorOf` did not make. */
export function placeOf(cursor: string | undefined, without: number): Answer<number> {
  if (cursor === undefined) return accepted(without);
  const place = decodeCursor(cursor, /^\d{1,15}$/);
  return place === undefined
    ? refused({ code: 'request.cursor', message: describeError('request.cursor').title })
    : accepted(Number(place));
}
