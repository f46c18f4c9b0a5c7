import { expect, it } from 'vitest';
import { OutputTurns } from './output-turns.ts';

it('lets little output pass at once', () => {
  let isHandled = false;
  void new OutputTurns().take(() => {
    isHandled = true;
  });
  expect(isHandled).toBe(true);
});

it('gives the answer, and the turn to the next where one fails', async () => {
  const turns = new OutputTurns();
  const failed = turns.take(() => {
    throw new Error('the disk is full');
  });
  await expect(failed).rejects.toThrow('full');
  expect(await turns.take(() => 7)).toBe(7);
});

it('handles in the order of asking, so many before the loop turns', async () => {
  let turn = 0;
  const isCounting = setInterval(() => {}, 1_000);
  const count = () => {
    turn += 1;
    setImmediate(count).unref();
  };
  setImmediate(count).unref();
  const turns = new OutputTurns();
  const handled: { readonly at: number; readonly turn: number }[] = [];
  await Promise.all(
    Array.from({ length: 200 }, (_, at) => turns.take(() => handled.push({ at, turn }))),
  );
  clearInterval(isCounting);
  expect(handled.map(({ at }) => at)).toEqual(Array.from({ length: 200 }, (_, at) => at));
  const perTurn = Map.groupBy(handled, (each) => each.turn);
  for (const each of perTurn.values()) expect(each.length).toBeLessThanOrEqual(2 * 32);
});

it('rests after much work, whatever the number of slices', async () => {
  let nowMs = 0;
  const turns = new OutputTurns(() => nowMs);
  let handled = 0;
  const all = Array.from({ length: 5 }, () =>
    turns.take(() => {
      handled += 1;
      nowMs += 3;
    }),
  );
  // Without a timer nothing goes on: 3 ms are less than the budget, 6 are more.
  for (let count = 0; count < 50; count += 1) await Promise.resolve();
  expect(handled).toBe(2);
  await Promise.all(all);
  expect(handled).toBe(5);
});

it('is fair to one who asks rarely', async () => {
  const turns = new OutputTurns();
  let isOver = false;
  const counts = [0, 0, 0, 0];
  const floods = counts.map(async (_, at) => {
    while (!isOver) await turns.take(() => (counts[at] = (counts[at] ?? 0) + 1));
  });
  await new Promise<void>((next) => setImmediate(next));
  const before = [...counts];
  await turns.take(() => {});
  for (const [at, count] of counts.entries())
    expect(count - (before[at] ?? 0)).toBeLessThanOrEqual(2);
  isOver = true;
  await Promise.all(floods);
});
