import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkedList, itemAt, itemsOf, withItem } from './chunked-list.ts';

const changes = fc.array(fc.tuple(fc.nat(399), fc.integer()), { maxLength: 50 });

it('holds what an array holds, and leaves the lists before a change as they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), changes, (length, asked) => {
      let expected = Array.from({ length }, (_, at) => at);
      let list = chunkedList(expected);
      for (const [index, item] of asked) {
        const place = index % length;
        const [before, listBefore] = [expected, list];
        expected = expected.with(place, item);
        list = withItem(list, place, item);
        expect([...itemsOf(listBefore)]).toEqual(before);
        expect(itemAt(list, place)).toBe(item);
      }
      expect([...itemsOf(list)]).toEqual(expected);
      expect(list.length).toBe(length);
    }),
  );
});

it('copies one chunk and shares the others', () => {
  const list = chunkedList(Array.from({ length: 1_000 }, (_, at) => at));
  const next = withItem(list, 500, -1);
  expect(next.chunks.filter((chunk, at) => chunk !== list.chunks[at])).toHaveLength(1);
});

it('is the same list where nothing changes', () => {
  const list = chunkedList([1, 2]);
  expect(withItem(list, 1, 2)).toBe(list);
});

it.each([-1, 2, Number.NaN])('has no item %s', (index) => {
  expect(() => itemAt(chunkedList([1, 2]), index)).toThrow(RangeError);
  expect(() => withItem(chunkedList([1, 2]), index, 3)).toThrow(RangeError);
});

it('may be empty', () => expect([...itemsOf(chunkedList([]))]).toEqual([]));
