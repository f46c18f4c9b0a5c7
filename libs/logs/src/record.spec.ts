import { expect, it } from 'vitest';
import { beginsLine, decodeRecord, encodeGroup, encodeRecord, type LogRecord } from './record.ts';

const timeMs = Date.UTC(2026, 10, 23, 15, 0, 0, 7);
const record = {
  timeMs,
  stream: 'stdout',
  part: 'whole',
  continues: false,
  text: 'héllo\r\u001b[31m',
} as const;
const bytesOf = (each: LogRecord) => Buffer.from(encodeRecord(each)).subarray(0, -1);

it('is greppable text', () => {
  expect(encodeRecord({ ...record, text: 'ok' })).toBe(`${timeMs}o ok\n`);
  expect(encodeRecord({ ...record, stream: 'output', part: 'opens', text: 'go? ' })).toBe(
    `${timeMs}b(go? \n`,
  );
});

it.each<[LogRecord]>([
  [record],
  [{ ...record, stream: 'output' }],
  [{ ...record, stream: 'stderr' }],
  [{ ...record, stream: 'system', text: '' }],
  [{ ...record, continues: true }],
  [{ ...record, part: 'opens' }],
  [{ ...record, part: 'goes-on' }],
  [{ ...record, part: 'ends', text: '' }],
])('reads back %j', (each) => expect(decodeRecord(bytesOf(each))).toEqual(each));

it.each([
  ['1795446000007g 2/3 $ make\n', { edge: 'begins', command: 2, of: 3 }, '$ make'],
  [
    '1795446000007h 2/3 1500 took 1.5s\n',
    { edge: 'ends', command: 2, of: 3, durationMs: 1500 },
    'took 1.5s',
  ],
] as const)('is %j at the edge of a group, and read back', (text, group, words) => {
  expect(encodeGroup(group, { timeMs, text: words })).toBe(text);
  const decoded = decodeRecord(Buffer.from(text).subarray(0, -1));
  expect(decoded).toMatchObject({ stream: 'system', part: 'whole', text: words, group });
});

it('tells where a line begins', () => {
  const begins = (['whole', 'opens', 'goes-on', 'ends'] as const).map((part) =>
    beginsLine(bytesOf({ ...record, part }), 0),
  );
  expect(begins).toEqual([true, true, false, false]);
});

it('reads what was written before lines could be open, and kinds of record to come', () => {
  expect(decodeRecord(Buffer.from('1795791600007O rest'))).toMatchObject({
    stream: 'stdout',
    part: 'whole',
    continues: true,
    text: 'rest',
  });
  for (const kind of ['q', 'g', 'h'])
    expect(decodeRecord(Buffer.from(`1795791600007${kind} a group`))).toMatchObject({
      stream: 'system',
      text: 'a group',
    });
});

it.each([
  '',
  'text',
  '1795791600007',
  '1795791600007o',
  '179579160000xo text',
  '1795791600007o-x',
  '\0'.repeat(40),
])('takes %j for no record', (text) => expect(decodeRecord(Buffer.from(text))).toBeUndefined());

it('keeps its width at the beginning of time and before it', () => {
  expect(encodeRecord({ ...record, timeMs: -5, text: '' })).toBe('0000000000000o \n');
});
