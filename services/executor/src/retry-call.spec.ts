import { describe, expect, it } from 'vitest';
import { Fault, pause } from '#libs/kernel';
import { VirtualClock } from '#libs/testkit';
import { randomIds } from './executor.fakes.ts';
import { retryCall } from './retry-call.ts';

const away = new Fault('server.unreachable', 'backoff', 'away');
const final = new Fault('request.invalid', 'never', 'no');
const never = new AbortController().signal;

describe('a call that is repeated', () => {
  it('is tried until it is answered, with at most so long between two tries', async () => {
    const clock = new VirtualClock();
    const triedAt: number[] = [];
    const answer = retryCall(
      async () => {
        triedAt.push(clock.monotonicMs());
        if (triedAt.length < 30) throw away;
        return 'here';
      },
      never,
      { timers: clock, ids: randomIds, delayMsMax: 2_000 },
    );
    await clock.advance(60_000);
    expect(await answer).toBe('here');
    const gaps = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
  });

  it.each([final, new Error('a bug')])('is not repeated after a final answer', async (error) => {
    const backoff = { timers: new VirtualClock(), ids: randomIds, delayMsMax: 1 };
    await expect(retryCall(() => Promise.reject(error), never, backoff)).rejects.toBe(error);
  });

  it('ends at once when it is aborted', async () => {
    const abort = new AbortController();
    const backoff = { timers: new VirtualClock(), ids: randomIds, delayMsMax: 1_000 };
    const waiting = retryCall(() => Promise.reject(away), abort.signal, backoff);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await pause(backoff.timers, 1_000, abort.signal);
  });
});
