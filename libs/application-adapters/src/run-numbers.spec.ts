import { expect, it } from 'vitest';
import type { Pool } from '#libs/postgres';
import { runNumbers } from './run-numbers.ts';

/** A sequence that answers a turn later, and notes how many numbers each question asked for. */
function sequence(failures: number) {
  const asked: number[] = [];
  let last = 0;
  const query = async (_: unknown, values: readonly number[]) => {
    const [count = 0] = values;
    asked.push(count);
    await new Promise((turn) => setImmediate(turn));
    if (asked.length <= failures) throw new Error('away');
    return { rows: Array.from({ length: count }, () => ({ number: String(++last) })) };
  };
  return { asked, pool: { query } as unknown as Pool };
}

it('gives each caller a number of its own, in few questions', async () => {
  const { asked, pool } = sequence(0);
  const next = runNumbers(pool);
  expect(await Promise.all(Array.from({ length: 50 }, next))).toEqual(
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
  expect(asked).toEqual([1, 49]);
  expect(await next()).toBe(51);
});

it('tells all who asked together of a failure, and goes on', async () => {
  const { pool } = sequence(1);
  const next = runNumbers(pool);
  await expect(next()).rejects.toThrow();
  expect(await next()).toBe(1);
});
