import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { pause } from './pause.ts';

/** One timer, which goes off when it is told to. */
function oneTimer() {
  const timer = { set: 0, isCancelled: false, goOff: () => {} };
  const timers = {
    after: (delayMs: number, callback: () => void) => {
      timer.set = delayMs;
      timer.goOff = callback;
      return () => {
        timer.isCancelled = true;
      };
    },
  };
  return { timer, timers };
}

it('ends when its time is over, and leaves no listener behind', async () => {
  const { timer, timers } = oneTimer();
  const abort = new AbortController();
  const over = pause(timers, 7, abort.signal);
  expect(timer.set).toBe(7);
  timer.goOff();
  await over;
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});

it('ends with the abort, and needs its timer no more', async () => {
  const { timer, timers } = oneTimer();
  const abort = new AbortController();
  const over = pause(timers, 7, abort.signal);
  abort.abort();
  await over;
  expect(timer.isCancelled).toBe(true);
});

it('is none where the abort came before', async () => {
  const { timer, timers } = oneTimer();
  await pause(timers, 7, AbortSignal.abort());
  expect(timer.set).toBe(0);
});
