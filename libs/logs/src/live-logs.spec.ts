import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LiveLogs } from './live-logs.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Whether the wait is over without any time passing. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false;
  void waiting.then(() => {
    over = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return over;
}

it('wakes who waits, and only for its log', async () => {
  const live = new LiveLogs();
  const watch = live.watch('a');
  const waiting = watch.change(1_000, undefined);
  live.notify('b');
  expect(await isOver(waiting)).toBe(false);
  live.notify('a');
  expect(await isOver(waiting)).toBe(true);
});

it('misses no change between the look and the wait', async () => {
  const live = new LiveLogs();
  const watch = live.watch('a');
  watch.reset();
  live.notify('a');
  expect(await isOver(watch.change(1_000, undefined))).toBe(true);
  watch.reset();
  expect(await isOver(watch.change(1_000, undefined))).toBe(false);
});

it('gives up after its time, and when aborted', async () => {
  const watch = new LiveLogs().watch('a');
  const waiting = watch.change(1_000, undefined);
  await vi.advanceTimersByTimeAsync(1_000);
  await waiting;
  const abort = new AbortController();
  const aborted = watch.change(1_000, abort.signal);
  abort.abort();
  await aborted;
  await watch.change(1_000, abort.signal);
});

it('knows which logs are being written; their end is a change', async () => {
  const live = new LiveLogs();
  live.open('a');
  const watch = live.watch('a');
  expect([live.isOpen('a'), live.isOpen('b')]).toEqual([true, false]);
  live.close('a');
  expect(live.isOpen('a')).toBe(false);
  expect(await isOver(watch.change(1_000, undefined))).toBe(true);
  watch.close();
  watch.close();
});
