import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

it('does one piece of work of a key after the other, even if one fails, and those of other keys at once', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const failed = turns.take('a', async () => {
    await first.promise;
    throw new Error('the first fails');
  });
  const second = turns.take('a', async () => void done.push('second of a'));
  await turns.take('b', async () => void done.push('b'));
  expect(done).toEqual(['b']);
  first.resolve();
  await expect(failed).rejects.toThrow('the first fails');
  await second;
  expect(done).toEqual(['b', 'second of a']);
});
