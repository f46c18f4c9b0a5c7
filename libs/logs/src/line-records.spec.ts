import { expect, it } from 'vitest';
import { LineRecords } from './line-records.ts';
import { type LinePiece, lineBytesMax } from './line-splitter.ts';

/** What is stored of some pieces, without times: letter, mark and text. */
function stored(...pieces: readonly [string, LinePiece['end']][]): string[] {
  const records = new LineRecords('output');
  return pieces.flatMap(([text, end]) =>
    records.take({ text, end }, 0).map(({ record, beginsLine }) => {
      expect(beginsLine).toBe(/[ (]/.test(record[14] ?? ''));
      return record.slice(13, -1);
    }),
  );
}

it('makes one record of a line', () => {
  expect(stored(['a', 'line'], ['', 'line'])).toEqual(['b a', 'b ']);
});

it('makes several of a line of which parts were shown, and says where it ends', () => {
  expect(stored(['a', 'open'], ['b', 'open'], ['', 'line'], ['c', 'line'])).toEqual([
    'b(a',
    'b~b',
    'b)',
    'b c',
  ]);
});

it('stores nothing of what is not there', () => {
  expect(stored(['', 'open'], ['', 'split'])).toEqual([]);
  expect(stored(['a', 'split'], ['', 'line'], ['b', 'line'])).toEqual(['b a', 'b b']);
});

it('marks what continues a line that was split', () => {
  expect(stored(['a', 'split'], ['b', 'split'], ['c', 'line'], ['d', 'line'])).toEqual([
    'b a',
    'B b',
    'B c',
    'b d',
  ]);
  expect(stored(['a', 'split'], ['b', 'open'], ['c', 'line'])).toEqual(['b a', 'B(b', 'b)c']);
});

it('splits where all parts of a line together are too long', () => {
  const most = 'x'.repeat(lineBytesMax);
  const parts = stored([most.slice(1), 'open'], ['yz', 'open'], ['', 'line']);
  expect(parts.map((part) => part.slice(0, 2))).toEqual(['b(', 'b)', 'B(', 'b)']);
  expect(parts.map((part) => part.slice(-1))).toEqual(['x', 'y', 'z', ')']);
  expect(stored([most, 'open'], ['é', 'line']).slice(1)).toEqual(['b)', 'B é']);
});

it('breaks a line off', () => {
  const records = new LineRecords('output');
  records.take({ text: 'a', end: 'open' }, 0);
  expect(records.breakOff(0)).toMatchObject([{ record: '0000000000000b)\n' }]);
  records.take({ text: 'a', end: 'split' }, 0);
  expect(records.breakOff(0)).toEqual([]);
  expect(records.take({ text: 'b', end: 'line' }, 0)).toMatchObject([{ beginsLine: true }]);
});
