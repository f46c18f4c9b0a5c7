import { expect, it } from 'vitest';
import { OutputTurns } from './output-turns.ts';

const nextTurn = () => new Promise<void>((next) => setImmediate(next));

it('lets little output pass at once', async () => {
  const turns = new OutputTurns();
  let isThrough = false;
  void turns.next().then(() => {
    isThrough = true;
  });
  await Promise.resolve();
  expect(isThrough).toBe(true);
});

it('lets so much pass in one turn, and those who wait in their order', async () => {
  const turns = new OutputTurns();
  const passed: number[] = [];
  const all = Array.from({ length: 9 }, (_, at) => turns.next().then(() => passed.push(at)));
  const counts: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    await Promise.resolve();
    counts.push(passed.length);
    await nextTurn();
  }
  await Promise.all(all);
  expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  for (const [at, count] of counts.entries()) expect(count - (counts[at - 1] ?? 0)).toBeLessThan(3);
});

it('is fair to one who asks rarely', async () => {
  const turns = new OutputTurns();
  let isOver = false;
  const flood = async () => {
    while (!isOver) await turns.next();
  };
  const floods = [flood(), flood(), flood(), flood()];
  await nextTurn();
  // Behind the four that wait already, each of which passes once.
  let turn = 0;
  const passed = turns.next().then(() => turn);
  while (turn < 4) {
    await nextTurn();
    turn += 1;
  }
  isOver = true;
  await Promise.all(floods);
  expect(await passed).toBeLessThanOrEqual(3);
});
