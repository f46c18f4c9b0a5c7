import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OpenLineTimer } from './open-line-timer.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function timed() {
  const shown: number[] = [];
  const startMs = Date.now();
  const timer = new OpenLineTimer(() => shown.push(Date.now() - startMs));
  return { shown, timer };
}
const open = { isOpen: true, isFurther: false };

it('is due after silence, once', () => {
  const { shown, timer } = timed();
  timer.written(open);
  vi.advanceTimersByTime(5_000);
  expect(shown).toEqual([200]);
});

it('is due after a second where there is no silence', () => {
  const { shown, timer } = timed();
  for (let step = 0; step < 25; step += 1) {
    timer.written(open);
    vi.advanceTimersByTime(100);
  }
  timer.stop();
  expect(shown).toEqual([1_000, 2_000]);
});

it('is never due while lines end, whatever is left behind each', () => {
  const { shown, timer } = timed();
  for (let step = 0; step < 50; step += 1) {
    timer.written({ isOpen: true, isFurther: true });
    vi.advanceTimersByTime(100);
  }
  timer.written({ isOpen: false, isFurther: true });
  vi.advanceTimersByTime(5_000);
  expect(shown).toEqual([]);
});
