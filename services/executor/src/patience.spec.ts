import { describe, expect, it } from 'vitest';
import { Fault, pause } from '#libs/kernel';
import { VirtualClock } from '#libs/testkit';
import { randomIds } from './fakes.ts';
import { patiently } from './patience.ts';

const away = new Fault('server.unreachable', 'backoff', 'away');
const final = new Fault('request.invalid', 'never', 'no');
const never = new AbortController().signal;

describe('patience', () => {
  it('tries until there is an answer, at most so long apart', async () => {
    const clock = new VirtualClock();
    const triedAt: number[] = [];
    const answer = patiently(
      async () => {
        triedAt.push(clock.monotonicMs());
        if (triedAt.length < 30) throw away;
        return 'here';
      },
      never,
      { timers: clock, ids: randomIds, mostMs: 2_000 },
    );
    await clock.advance(60_000);
    expect(await answer).toBe('here');
    const gaps = triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(50);
  });

  it.each([final, new Error('a bug')])('does not repeat what is final', async (error) => {
    const patience = { timers: new VirtualClock(), ids: randomIds, mostMs: 1 };
    await expect(patiently(() => Promise.reject(error), never, patience)).rejects.toBe(error);
  });

  it('ends at once when it is aborted', async () => {
    const abort = new AbortController();
    const patience = { timers: new VirtualClock(), ids: randomIds, mostMs: 1_000 };
    const waiting = patiently(() => Promise.reject(away), abort.signal, patience);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await pause(patience.timers, 1_000, abort.signal);
  });
});
