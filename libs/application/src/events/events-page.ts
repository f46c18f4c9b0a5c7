import { type Answer, accepted, type Refusal, refused } from '../answer.ts';
import { placeOf } from '../cursor.ts';

export const foreignCursor: Refusal = {
  code: 'request.cursor',
  message: 'this cursor is not one of ours',
};

/** The position behind which a page of events begins. */
export function firstPositionBefore({
  after,
  cursor,
}: {
  readonly after: number;
  readonly cursor?: string | undefined;
}): Answer<number> {
  if (cursor === undefined) return accepted(after);
  const place = placeOf(cursor);
  return place === undefined ? refused(foreignCursor) : accepted(place);
}
