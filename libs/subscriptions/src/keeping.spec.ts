import { expect, it } from 'vitest';
import { atLeastOnce, inMemory } from './keeping.ts';
import { MemoryCheckpoints } from './memory-checkpoints.ts';

const head = { position: 10, incarnation: 'of this log' };

it.each([
  ['at the head', { position: 10, incarnation: head.incarnation }, 10],
  // The log was restored from a backup that kept its name.
  ['beyond the head', { position: 11, incarnation: head.incarnation }, 0],
  ['of another log', { position: 3, incarnation: 'of a log before' }, 0],
])('a stored checkpoint %s', async (_, stored, begins) => {
  const checkpoints = new MemoryCheckpoints();
  await checkpoints.move('reader', undefined, stored);
  expect(await atLeastOnce(checkpoints, 'reader').place(head)).toBe(begins);
});

it.each([
  ['a position', 8, [8, 0]],
  ['the end', 'end' as const, [10, 4]],
])('in memory, from %s, begins again if the log ends before', async (_, start, begins) => {
  const keeping = inMemory(start);
  expect([await keeping.place(head), await keeping.place({ ...head, position: 4 })]).toEqual(
    begins,
  );
});
