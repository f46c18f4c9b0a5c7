import { expect, it } from 'vitest';
import type { RetryRule } from '#libs/events';
import { type Ending, matchingRule } from './retry-rules.ts';

const exit1: Ending = { outcome: 'failure', cause: 'exit', exitCode: 1 };
const oom: Ending = { outcome: 'failure', cause: 'oom' };
const lost: Ending = { outcome: 'error', cause: 'worker-lost' };
const late: Ending = { outcome: 'timeout', cause: 'timeout' };

it.each<[RetryRule, Ending, string | undefined]>([
  ['any', exit1, 'any'],
  ['any', lost, 'any'],
  ['any', late, 'any'],
  ['failure', exit1, 'failure'],
  ['failure', oom, 'failure'],
  ['failure', lost, undefined],
  ['failure', late, undefined],
  ['error', lost, 'error'],
  ['error', exit1, undefined],
  ['timeout', late, 'timeout'],
  ['timeout', exit1, undefined],
  ['oom', oom, 'oom'],
  ['oom', exit1, undefined],
  ['worker-lost', lost, 'worker-lost'],
  ['worker-lost', { outcome: 'error', cause: 'start-failed' }, undefined],
  [{ exit: [2, 1] }, exit1, 'exit:1'],
  [{ exit: [75] }, exit1, undefined],
  [{ exit: [1] }, oom, undefined],
  [{ exit: [1] }, { outcome: 'failure', cause: 'exit' }, undefined],
])('%j on %j: %s', (rule, ending, expected) =>
  expect(matchingRule({ on: [rule] }, ending)).toBe(expected),
);

it.each<Ending>([
  { outcome: 'success', cause: 'exit', exitCode: 0 },
  { outcome: 'skipped', cause: 'exit', exitCode: 0 },
  { outcome: 'cancelled', cause: 'cancelled' },
])('nothing tries %j again', (ending) => {
  const on: RetryRule[] = ['any', 'exit', 'cancelled', { exit: [0] }];
  expect(matchingRule({ on }, ending)).toBeUndefined();
});

it('the first rule that matches is named', () =>
  expect(matchingRule({ on: ['oom', 'failure', 'any'] }, exit1)).toBe('failure'));

it('no rule matches nothing', () => expect(matchingRule({ on: [] }, exit1)).toBeUndefined());
