import { expect, it } from 'vitest';
import { describeEnd, outcomeWords } from './describe-end.ts';

it.each([
  [{ outcome: 'success', cause: 'exit', exitCode: 0 }, '', 'success'],
  [{ outcome: 'failure', cause: 'exit', exitCode: 3 }, 'exit 3', 'failure (exit 3)'],
  [
    { outcome: 'failure', cause: 'signal', signal: 'SIGKILL' },
    'ended by SIGKILL',
    'failure (ended by SIGKILL)',
  ],
  [{ outcome: 'failure', cause: 'oom' }, 'oom', 'failure (oom)'],
  [{ outcome: 'timeout', cause: 'timeout' }, '', 'timeout'],
  [{ outcome: 'cancelled', cause: 'cancelled' }, '', 'cancelled'],
  [
    { outcome: 'error', cause: 'start-failed', message: 'no image\nof that name' },
    'start-failed: no image',
    'error (start-failed: no image)',
  ],
])('%j ended by: %s', (end, how, words) => {
  expect(describeEnd(end)).toBe(how);
  expect(outcomeWords(end)).toBe(words);
});
