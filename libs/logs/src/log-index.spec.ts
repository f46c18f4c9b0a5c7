import { expect, it } from 'vitest';
import { decodeIndex, encodeIndex, IndexBuilder } from './log-index.ts';

const index = { logBytes: 1_000_000, lines: 600, offsets: [0, 4_000, 9_000] };

it('reads back what was written', () => {
  expect(decodeIndex(encodeIndex(index), 1_000_000)).toEqual(index);
});

it('knows an index of another log, a torn one, a changed one, and one of before', () => {
  const bytes = encodeIndex(index);
  expect(decodeIndex(bytes, 1_000_001)).toBeUndefined();
  for (let length = 0; length < bytes.length; length += 1)
    expect(decodeIndex(bytes.subarray(0, length), 1_000_000)).toBeUndefined();
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(decodeIndex(changed, 1_000_000)).toBeUndefined();
  }
  expect(decodeIndex(Buffer.alloc(24), 0)).toBeUndefined();
});

it('takes note of every 256th line, not of every record', () => {
  const builder = new IndexBuilder();
  for (let record = 0; record < 1_026; record += 1) builder.add(record * 10, record % 2 === 0);
  expect(builder.build(9)).toEqual({ logBytes: 9, lines: 513, offsets: [0, 5_120, 10_240] });
});
