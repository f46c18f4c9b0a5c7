import { expect, it } from 'vitest';
import { PastHomes } from './past-homes.ts';

const home = (executorId: string) => ({ executorId, name: executorId });

it('remembers so many homes, and forgets the oldest', () => {
  const homes = new PastHomes(2);
  for (const run of ['a', 'b', 'c']) homes.set(run, home(`of ${run}`));
  expect(homes.get('a')).toBeUndefined();
  expect([...homes]).toEqual([
    ['b', home('of b')],
    ['c', home('of c')],
  ]);
});
