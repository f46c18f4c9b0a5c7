import { expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

it('runs timers at their moment, in order, with what follows from them', async () => {
  const clock = new VirtualClock(1_000);
  const seen: string[] = [];
  const note = (name: string) => seen.push(`${name}@${clock.monotonicMs()}`);
  clock.after(20, () => note('b'));
  clock.after(10, () => {
    note('a');
    void Promise.resolve().then(() => clock.after(5, () => note('a2')));
  });
  const cancel = clock.after(15, () => note('never'));
  cancel();
  clock.after(20, () => note('c'));
  await clock.advance(19);
  expect(seen).toEqual(['a@10', 'a2@15']);
  await clock.advance(1);
  expect(seen).toEqual(['a@10', 'a2@15', 'b@20', 'c@20']);
  expect(clock.nowMs()).toBe(1_020);
});

it('moves the wall clock without the monotonic one', async () => {
  const clock = new VirtualClock(5_000);
  await clock.advance(100);
  clock.jumpWall(-3_000);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([2_100, 100]);
});

it('gives up on what does not come', async () => {
  const clock = new VirtualClock();
  await expect(clock.until(() => false, 50)).rejects.toThrow('not within 50 ms');
  expect(clock.monotonicMs()).toBe(50);
});
