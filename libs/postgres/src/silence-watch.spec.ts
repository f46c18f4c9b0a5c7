import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SilenceWatch } from './silence-watch.ts';

let silences = 0;
let watch: SilenceWatch;
beforeEach(() => {
  vi.useFakeTimers();
  silences = 0;
  watch = new SilenceWatch(3_000, () => {
    silences += 1;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

it('finds silence after a question, once', () => {
  watch.ask();
  vi.advanceTimersByTime(3_999);
  expect(silences).toBe(0);
  vi.advanceTimersByTime(1);
  expect(silences).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(silences).toBe(1);
});

it('takes each word for a sign of life', () => {
  watch.ask();
  for (let second = 0; second < 20; second += 1) {
    vi.advanceTimersByTime(1_000);
    watch.hear();
  }
  expect(silences).toBe(0);
  vi.advanceTimersByTime(4_000);
  expect(silences).toBe(1);
});

it('minds no silence where nothing is asked, and keeps no timer then', () => {
  watch.ask();
  watch.rest();
  vi.advanceTimersByTime(60_000);
  expect([silences, vi.getTimerCount()]).toEqual([0, 0]);
});

it('gives each question its time, however they follow each other', () => {
  for (let question = 0; question < 10; question += 1) {
    watch.ask();
    vi.advanceTimersByTime(2_700);
    watch.rest();
  }
  expect(silences).toBe(0);
});

it('does not count the time in which the process itself stood still', () => {
  watch.ask();
  // A timer that is late fires once, however late.
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(1_000);
  expect(silences).toBe(0);
});
