import { describe, expect, it } from 'vitest';
import {
  boolArray,
  int2Array,
  int4Array,
  jsonArray,
  jsonbArray,
  textArray,
  uuidArray,
} from './binary-arrays.ts';

/** Takes an array apart as the server does. */
function decode(array: Buffer) {
  const dimensions = array.readInt32BE(0);
  const hasNull = array.readInt32BE(4) === 1;
  const oid = array.readInt32BE(8);
  if (dimensions === 0) return { oid, hasNull, elements: [] };
  const elements: (Buffer | null)[] = [];
  let at = 20;
  for (let left = array.readInt32BE(12); left > 0; left -= 1) {
    const length = array.readInt32BE(at);
    at += 4;
    elements.push(length === -1 ? null : array.subarray(at, at + length));
    at += Math.max(length, 0);
  }
  expect(at).toBe(array.length);
  return { oid, hasNull, elements };
}

const hex = (array: Buffer) => decode(array).elements.map((element) => element?.toString('hex'));
const text = (array: Buffer) => decode(array).elements.map((element) => element?.toString());

describe('binary arrays', () => {
  it('hold numbers and truth', () => {
    expect(hex(int2Array([1, -1, 32767]))).toEqual(['0001', 'ffff', '7fff']);
    expect(hex(int4Array([1, -1, null, 2 ** 31 - 1]))).toEqual([
      '00000001',
      'ffffffff',
      undefined,
      '7fffffff',
    ]);
    expect(hex(boolArray([true, false, null]))).toEqual(['01', '00', undefined]);
  });

  it('hold uuids', () => {
    const uuid = '0199c82c-c000-7000-8000-000000000001';
    expect(hex(uuidArray([uuid, null, uuid]))).toEqual([
      '0199c82cc00070008000000000000001',
      undefined,
      '0199c82cc00070008000000000000001',
    ]);
  });

  it('hold text of any script, empty text and none', () => {
    const values = ['', 'a', 'a', 'äöü', 'äöü', '🚀', '🚀', '', ''];
    expect(text(textArray([...values, null, 'a']))).toEqual([...values, undefined, 'a']);
  });

  it('hold JSON, jsonb with its version in front', () => {
    expect(text(jsonArray(['{}', '[1]']))).toEqual(['{}', '[1]']);
    expect(text(jsonbArray(['{"ü":1}', '{"ü":1}']))).toEqual(['\u0001{"ü":1}', '\u0001{"ü":1}']);
  });

  it('say their type, and whether there is a null', () => {
    expect(decode(textArray(['a']))).toMatchObject({ oid: 25, hasNull: false });
    expect(decode(uuidArray([null]))).toMatchObject({ oid: 2950, hasNull: true });
    expect(decode(int4Array([]))).toEqual({ oid: 23, hasNull: false, elements: [] });
  });
});
