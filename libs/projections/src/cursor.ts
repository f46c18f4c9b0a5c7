import { Fault } from '#libs/kernel';

/** An opaque cursor: the key after which the next page begins. */
export function encodeCursor(key: string | number): string {
  return Buffer.from(String(key)).toString('base64url');
}

/** @throws Fault `request.cursor` where it does not have the form that this list gives out */
export function decodeCursor(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!form.test(text))
    throw new Fault('request.cursor', 'never', 'this cursor is not one of ours');
  return text;
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
