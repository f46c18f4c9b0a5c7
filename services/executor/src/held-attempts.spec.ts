import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#libs/telemetry';
import { VirtualClock } from '#libs/testkit';
import type { AttemptContext } from './attempt-context.ts';
import { cancelledReport } from './attempt-report.ts';
import { assignmentOf } from './executor.fakes.ts';
import { HeldAttempts } from './held-attempts.ts';

let clock: VirtualClock;
let held: HeldAttempts;
let running: Map<number, { context: AttemptContext; end: () => void; fail: () => void }>;

beforeEach(() => {
  clock = new VirtualClock();
  running = new Map();
  held = new HeldAttempts({
    slots: 2,
    timers: clock,
    logger: silentLogger,
    run: (context) =>
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error('broken'));
        running.set(context.assignment.fence, { context, end: resolve, fail });
      }),
  });
});

const take = (...fences: number[]) => {
  for (const fence of fences) held.take(assignmentOf({ fence }), 'me');
};
const end = async (fence: number) => {
  running.get(fence)?.end();
  await clock.advance(0);
};
const reasonOf = (fence: number) => running.get(fence)?.context.stopReason;

describe('what an executor holds', () => {
  it('runs as many as there are slots, and the next when one ends', async () => {
    take(1, 2, 3, 4);
    expect([...running.keys()]).toEqual([1, 2]);
    expect(held.describe()).toEqual({ held: [1, 2, 3, 4], freeSlots: 0 });
    await end(1);
    expect([...running.keys()]).toEqual([1, 2, 3]);
    expect(held.describe()).toEqual({ held: [2, 3, 4], freeSlots: 0 });
  });

  it('takes each fence once, also after its end', async () => {
    take(1, 1);
    expect(held.size).toBe(1);
    await end(1);
    take(1);
    expect(held.size).toBe(0);
  });

  it('forgets an attempt that broke, and goes on', async () => {
    take(1, 2, 3);
    running.get(1)?.fail();
    await clock.advance(0);
    expect([...running.keys()]).toEqual([1, 2, 3]);
    expect(held.describe().held).toEqual([2, 3]);
  });

  it('hands on a wish to stop, and ignores one for a stranger', () => {
    take(1);
    held.stop({ fence: 1, reason: 'cancelled' });
    held.stop({ fence: 9, reason: 'forced' });
    expect(reasonOf(1)).toBe('cancelled');
  });

  it('lets one that waits end without a slot', () => {
    take(1, 2, 3);
    held.stop({ fence: 3, reason: 'cancelled' });
    expect(reasonOf(3)).toBe('cancelled');
  });

  it('fences all, or only what has not ended', () => {
    take(1, 2);
    const context = running.get(1)?.context;
    if (context) context.report = cancelledReport;
    held.fenceUnfinished();
    expect([reasonOf(1), reasonOf(2)]).toEqual([undefined, 'fenced']);
    held.fenceAll();
    expect([reasonOf(1), reasonOf(2)]).toEqual(['fenced', 'fenced']);
  });

  it('takes nothing more once it is closed, and lets what waits end without running', async () => {
    take(1, 2, 3);
    held.close();
    take(4);
    expect(reasonOf(3)).toBe('fenced');
    expect(running.has(4)).toBe(false);
    expect(held.describe()).toEqual({ held: [1, 2, 3], freeSlots: 0 });
    await end(3);
    expect(held.running.map(({ fence }) => fence)).toEqual([1, 2]);
  });

  it('says when nothing is held, and when that takes too long', async () => {
    expect(await held.idle(1_000)).toBe(true);
    take(1);
    const late = held.idle(1_000);
    await clock.advance(1_000);
    expect(await late).toBe(false);
    const enough = new AbortController();
    const interrupted = held.idle(1_000, enough.signal);
    enough.abort();
    expect(await interrupted).toBe(false);
    const soon = held.idle(1_000);
    await end(1);
    expect(await soon).toBe(true);
  });
});
