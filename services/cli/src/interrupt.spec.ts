import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type Interrupt, onInterrupt } from './interrupt.ts';

let interrupt: Interrupt | undefined;
afterEach(() => interrupt?.release());

it('counts Ctrl-C and TERM, though what they lead to fails, until it is released', async () => {
  const before = process.listenerCount('SIGINT');
  const times: number[] = [];
  interrupt = onInterrupt(async (each) => {
    times.push(each);
    throw new Error('the run has ended meanwhile');
  });
  expect(interrupt.wasInterrupted()).toBe(false);
  process.emit('SIGINT');
  process.emit('SIGTERM');
  await delay(1);
  expect(times).toEqual([1, 2]);
  expect(interrupt.wasInterrupted()).toBe(true);
  interrupt.release();
  expect(process.listenerCount('SIGINT')).toBe(before);
});
