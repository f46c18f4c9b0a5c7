import { expect, it } from 'vitest';
import { streamRunQuerySchema, wantedLines } from './run-stream.ts';

const wanted = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ step: `step-${at}`, attempt: 1, from: at + 1 }));

it('names the lines of a log as the query takes them', () => {
  const lines = wantedLines(wanted(3));
  expect(lines).toBe('1:1:step-0,1:2:step-1,1:3:step-2');
  expect(streamRunQuerySchema.parse({ lines })).toEqual({ after: 0, lines: wanted(3) });
  expect(streamRunQuerySchema.parse({})).toEqual({ after: 0 });
  expect(wantedLines([])).toBeUndefined();
});

it('leaves out what does not fit', () => {
  const lines = wantedLines(wanted(1000)) ?? '';
  const taken = streamRunQuerySchema.parse({ lines }).lines ?? [];
  expect(taken.length).toBeGreaterThan(200);
  expect(taken).toEqual(wanted(taken.length));
});

it.each(['', 'a', '1:1', '1:1:Bad!', '1:1:a,', '-1:1:a', '1:1:a;1:1:b'])('refuses %j', (lines) => {
  expect(streamRunQuerySchema.safeParse({ lines }).success).toBe(false);
});
