import { expect, it } from 'vitest';
import { decodeRecord, encodeRecord, type LogRecord } from './record.ts';

const timeMs = Date.UTC(2026, 10, 23, 15, 0, 0, 7);
const record = { timeMs, stream: 'stdout', continues: false, text: 'héllo\r\u001b[31m' } as const;

it('is greppable text', () => {
  expect(encodeRecord({ ...record, text: 'ok' })).toBe(`${timeMs}o ok\n`);
});

it.each<LogRecord>([
  record,
  { ...record, stream: 'stderr' },
  { ...record, stream: 'system', text: '' },
  { ...record, continues: true },
])('reads back %j', (each) => {
  const bytes = Buffer.from(encodeRecord(each)).subarray(0, -1);
  expect(decodeRecord(bytes, 3)).toEqual({
    line: 3,
    time: '2026-11-23T15:00:00.007Z',
    stream: each.stream,
    text: each.text,
    ...(each.continues ? { continues: true } : {}),
  });
});

it('keeps its width at the beginning of time and before it', () => {
  expect(encodeRecord({ ...record, timeMs: -5, text: '' })).toBe('0000000000000o \n');
});
