import { expect, it } from 'vitest';
import { firstFreeNumber, ownNumber } from './leadership-number.ts';

it('is the shard for a scheduler, and drawn for every other name', () => {
  expect(ownNumber('scheduler:0')).toBe(0);
  expect(ownNumber('scheduler:999')).toBe(firstFreeNumber - 1);
  for (const name of ['sweeper', 'scheduler:', 'scheduler:1000', 'scheduler:01', 'scheduler:0 '])
    expect(ownNumber(name)).toBeUndefined();
});
