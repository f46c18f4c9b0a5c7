import { expect, it } from 'vitest';
import { type StopWish, StopWishes } from './stop-wish.ts';

const drain: StopWish = { how: 'drain', why: 'SIGTERM', exitCode: 0 };
const crash: StopWish = { how: 'now', why: 'a bug', exitCode: 3 };

it('the first wish begins the end, one that insists cuts it short', async () => {
  const wishes = new StopWishes();
  expect(wishes.wish(drain, { insists: true })).toBe(1);
  expect(wishes.wish(drain)).toBe(2);
  expect(wishes.enough.aborted).toBe(false);
  expect(wishes.wish(drain, { insists: true })).toBe(3);
  expect(wishes.enough.aborted).toBe(true);
  expect(await wishes.first).toBe(drain);
  expect(wishes.exitCode).toBe(0);
});

it('a crash while the server ends is told by the exit code', async () => {
  const wishes = new StopWishes();
  wishes.wish(drain, { insists: true });
  wishes.wish(crash);
  expect(await wishes.first).toBe(drain);
  expect(wishes.enough.aborted).toBe(true);
  expect(wishes.exitCode).toBe(3);
});
