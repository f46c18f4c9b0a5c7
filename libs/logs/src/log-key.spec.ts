import { expect, it } from 'vitest';
import { logPath } from './log-key.ts';

const runId = '018f3c2e-0000-7000-8000-000000000001';

it('names the files of an attempt', () => {
  expect(logPath({ runId, step: 'go-test', attempt: 2 })).toBe(`${runId}/go-test.2`);
});

it.each([
  { runId: '..', step: 'a', attempt: 1 },
  { runId: `${runId}/..`, step: 'a', attempt: 1 },
  { runId: runId.toUpperCase(), step: 'a', attempt: 1 },
  { runId, step: '../a', attempt: 1 },
  { runId, step: 'a/b', attempt: 1 },
  { runId, step: 'a\u0000', attempt: 1 },
  { runId, step: 'a\n', attempt: 1 },
  { runId, step: '', attempt: 1 },
  { runId, step: '.', attempt: 1 },
  { runId, step: '-x', attempt: 1 },
  { runId, step: 'a', attempt: 0 },
  { runId, step: 'a', attempt: 1.5 },
  { runId, step: 'a', attempt: Number.NaN },
  { runId, step: 'a', attempt: 1e300 },
])('refuses %j', (key) => {
  expect(() => logPath(key)).toThrow('malformed');
});
