import { expect, it } from 'vitest';
import { failureLines } from './failure-lines.ts';

const passed = (count: number) => Array.from({ length: count }, (_, at) => `ok ${at} - fine`);

it.each([
  '    --- FAIL: TestUUID (0.00s)',
  '--- FAIL: TestUUID (0.00s)',
  'not ok 1 - main',
  'FAILED tests/test_a.py::test_b - AssertionError',
  'FAIL src/a.spec.ts > adds',
  'test tests::adds ... FAILED',
  '[ERROR] ATest.adds:12 expected 1',
  '  ✖ adds numbers',
  '  1) adds numbers',
])('shows %j, however much has passed behind it', (line) => {
  const texts = [...passed(5), line, ...passed(400)];
  expect(failureLines(texts)).toEqual({ telling: [line], last: passed(400).slice(-20) });
});

it.each(['ok 1 - not ok is no word', 'FAILURE_MODE=x', 'we failed', '10 passed', 'errors: 0'])(
  'takes %j for nothing',
  (line) => expect(failureLines([line, ...passed(20)]).telling).toEqual([]),
);

it('says no line twice, and of very many the first', () => {
  const failed = Array.from({ length: 40 }, (_, at) => `not ok ${at}`);
  expect(failureLines(failed.slice(0, 20)).telling).toEqual([]);
  expect(failureLines(failed)).toEqual({ telling: failed.slice(0, 10), last: failed.slice(-20) });
});
