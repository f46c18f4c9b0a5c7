import { expect, it } from 'vitest';
import { freeSlots, goneExecutor, newExecutor } from './executor-entry.ts';

const description = {
  name: 'e',
  labels: ['linux'],
  slots: 3,
  capabilities: { drivers: ['process'], isolation: 'none' as const },
  version: '1',
};

it('has the slots that nothing is in or on its way to', () => {
  const executor = newExecutor('id', 1, description);
  executor.reserved = 1;
  expect(freeSlots(executor)).toBe(2);
});

it('stands in for what is gone with nothing to give', () => {
  expect(goneExecutor('id', 1)).toMatchObject({ status: 'lost', lostWhy: 'gone', slots: 0 });
});
