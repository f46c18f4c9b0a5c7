import { expect, it } from 'vitest';
import { VirtualClock } from '#libs/testkit';
import { settledWithin } from './settled-within.ts';

it('waits for the work, and no longer than the limit', async () => {
  const clock = new VirtualClock();
  const atMs: number[] = [];
  const note = () => atMs.push(clock.monotonicMs());
  const short = new Promise<void>((resolve) => clock.after(300, resolve));
  void settledWithin(clock, 2_000, short).then(note);
  void settledWithin(clock, 2_000, new Promise(() => {})).then(note);
  await clock.advance(10_000);
  expect(atMs).toEqual([300, 2_000]);
});

it('fails as the work does', async () => {
  const failed = settledWithin(new VirtualClock(), 2_000, Promise.reject(new Error('no')));
  await expect(failed).rejects.toThrow('no');
});
