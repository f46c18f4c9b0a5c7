import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '#libs/testkit';
import { untilUnneeded } from './until-unneeded.ts';

let clock: VirtualClock;
let usage: { openRequests: number; activity: number; hasWork: boolean };
let isUnneeded: boolean;
beforeEach(() => {
  clock = new VirtualClock();
  usage = { openRequests: 0, activity: 0, hasWork: false };
  isUnneeded = false;
  void untilUnneeded(() => usage, 10_000, { clock, timers: clock }).then(() => {
    isUnneeded = true;
  });
});

describe('a server is not needed any more', () => {
  it('when nothing happened for long enough, and not before', async () => {
    await clock.advance(9_000);
    expect(isUnneeded).toBe(false);
    await clock.advance(2_000);
    expect(isUnneeded).toBe(true);
  });

  it.each([
    ['runs', { hasWork: true }, { hasWork: false }],
    ['is asked for', { openRequests: 1 }, { openRequests: 0 }],
  ])('while something %s it is, and as long after it', async (_, begun, ended) => {
    Object.assign(usage, begun);
    await clock.advance(3_600_000);
    expect(isUnneeded).toBe(false);
    Object.assign(usage, ended);
    await clock.advance(9_000);
    expect(isUnneeded).toBe(false);
    await clock.advance(3_000);
    expect(isUnneeded).toBe(true);
  });

  it('counts what came and went between two looks', async () => {
    for (let times = 0; times < 10; times += 1) {
      await clock.advance(9_000);
      usage.activity += 1;
    }
    expect(isUnneeded).toBe(false);
  });
});
