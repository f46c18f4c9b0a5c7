import { expect, it } from 'vitest';
import { retryWaitMs } from './retry-due.ts';

const delayed = {
  kind: 'delayed',
  runId: 'r',
  step: 'a',
  attempt: 2,
  position: 1,
  notBeforeMs: 100_000,
  waitMsMax: 8_000,
  noted: undefined,
} as const;

it.each([
  ['counts down to the due time', 95_000, 5_000],
  ['is due at once when the time is past', 100_001, 0],
  [
    'never waits longer than the delay was meant to be, with the clock an hour back',
    100_000 - 3_600_000,
    8_000,
  ],
  ['only gets shorter with the clock an hour ahead', 100_000 + 3_600_000, 0],
])('%s', (_, nowMs, expected) => {
  expect(retryWaitMs(delayed, nowMs)).toBe(expected);
});
