import { expect, it } from 'vitest';
import { parsePostmasterFile } from './postmaster-file.ts';

it.each([
  ['120\n/pg\n1790000000\n5432\n/tmp/x\n\n  123 0\nready   \n', { pid: 120, isReady: true }],
  ['120\n/pg\n1790000000\n5432\n/tmp/x\n\n  123 0\nstarting\n', { pid: 120, isReady: false }],
  ['120\n/pg\n', { pid: 120, isReady: false }],
  ['', undefined],
  ['-4\n/pg\n', undefined],
  ['half', undefined],
])('reads %j', (text, file) => {
  expect(parsePostmasterFile(text)).toEqual(file);
});
