import { decodeCursor, describeError, encodeCursor, Fault } from '#libs/kernel';

/**
 * The key behind which the page begins that a caller asks for; undefined for the first one.
 *
 * @param form  of the keys of this list
 * @throws Fault `request.cursor` if this list does not give out such cursors
 */
export function pageStart(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const key = decodeCursor(cursor, form);
  if (key !== undefined) return key;
  throw new Fault('request.cursor', 'never', describeError('request.cursor').title);
}

/** A page from one row more than was asked for. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { item, key }: { readonly item: (row: Row) => Item; readonly key: (row: Row) => string | number },
): { readonly items: readonly Item[]; readonly next: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(item),
    next: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null,
  };
}
