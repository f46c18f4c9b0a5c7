import { expect, it } from 'vitest';
import type { RunDto } from '#libs/api-contract';
import { wordsForNone } from './artifacts.ts';

const step = (id: string, skipReason: string | null) => ({ id, skipReason, attempts: [] });
const retried = {
  number: 7,
  retryOf: '018f4e6a-0000-7000-8000-000000000001',
  steps: [step('build', 'reused'), step('test', null)],
} as unknown as RunDto;

const there =
  '; those of reused steps are with the run that it repeats: `millrace artifacts 018f4e6a-0000-7000-8000-000000000001`';

it.each([
  [{}, `run 7 has no artifacts${there}`],
  [{ step: 'build' }, `step build of run 7 has no artifacts${there}`],
  [{ step: 'test' }, 'step test of run 7 has no artifacts'],
])('of a retry without artifacts, for %j: %s', (choice, words) => {
  expect(wordsForNone(retried, choice)).toBe(words);
});

it('of a run that repeats none no other is named', () => {
  expect(wordsForNone({ ...retried, retryOf: null }, {})).toBe('run 7 has no artifacts');
});
