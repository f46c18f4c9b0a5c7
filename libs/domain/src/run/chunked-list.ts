/**
 * A persistent list of fixed length: a change of one item copies one chunk and leaves the old list as it was. States share
 * lists and never mutate them, because a decided event is folded before it is acknowledged, and that state is dropped if
 * the append is refused.
 *
 * A change costs `chunkSize + length / chunkSize` copied references: about 200 for a run of 10,000 steps.
 */
export interface ChunkedList<Item> {
  readonly length: number;
  readonly chunks: ReadonlyArray<readonly Item[]>;
}

const chunkBits = 7;
const chunkSize = 2 ** chunkBits;
const chunkMask = chunkSize - 1;

export function chunkedList<Item>(items: readonly Item[]): ChunkedList<Item> {
  const chunks: Item[][] = [];
  for (let at = 0; at < items.length; at += chunkSize) chunks.push(items.slice(at, at + chunkSize));
  return { length: items.length, chunks };
}

/** @throws RangeError if the index is outside the list */
export function itemAt<Item>(list: ChunkedList<Item>, index: number): Item {
  if (!(index >= 0 && index < list.length)) throw new RangeError(`no item ${index}`);
  return list.chunks[index >> chunkBits]?.[index & chunkMask] as Item;
}

/** The list with one item replaced. @throws RangeError if the index is outside the list */
export function withItem<Item>(
  list: ChunkedList<Item>,
  index: number,
  item: Item,
): ChunkedList<Item> {
  if (itemAt(list, index) === item) return list;
  const chunk = [...(list.chunks[index >> chunkBits] ?? [])];
  chunk[index & chunkMask] = item;
  const chunks = [...list.chunks];
  chunks[index >> chunkBits] = chunk;
  return { length: list.length, chunks };
}

export function* itemsOf<Item>(list: ChunkedList<Item>): Generator<Item, void, undefined> {
  for (const chunk of list.chunks) yield* chunk;
}
