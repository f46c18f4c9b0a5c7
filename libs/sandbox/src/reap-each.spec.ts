import { expect, it } from 'vitest';
import { reapEach } from './reap-each.ts';

it('goes on behind one that resists, and says why it does', async () => {
  const removed: string[] = [];
  const reaped = await reapEach([{ name: 'a' }, { name: 'b' }, { name: 'c' }], async ({ name }) => {
    if (name === 'b') throw new Error('busy');
    removed.push(name);
  });
  expect(removed).toEqual(['a', 'c']);
  expect(reaped).toEqual([{ name: 'a' }, { name: 'b', resists: 'Error: busy' }, { name: 'c' }]);
});
