import { expect, it } from 'vitest';
import { didYouMean, nearest } from './did-you-mean.ts';

const keys = ['cmd', 'depends_on', 'env', 'timeout'];

it.each([
  ['cmdd', 'cmd'],
  ['cdm', 'cmd'],
  ['Cmd', 'cmd'],
  ['depend_on', 'depends_on'],
  ['dependsOn', 'depends_on'],
  ['timoeut', 'timeout'],
  ['image', undefined],
  ['x', undefined],
  ['', undefined],
  ['x'.repeat(1000), undefined],
])('%s → %s', (word, expected) => {
  expect(nearest(word, keys)).toBe(expected);
});

it('asks', () => {
  expect(didYouMean('cmdd', keys)).toBe('did you mean "cmd"?');
  expect(didYouMean('zzz', keys)).toBeUndefined();
});
