import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault, pause } from '#libs/kernel';
import { silentLogger } from '#libs/telemetry';
import { VirtualClock } from '#libs/testkit';
import { Leader, type LeaderParts } from './leader.ts';
import type { LeaderLease } from './leases.ts';
import { MemoryLeaderLeases } from './memory-leader-leases.ts';

let clock: VirtualClock;
let leases: MemoryLeaderLeases;
let running: { abort: AbortController; ended: Promise<void> }[];
beforeEach(() => {
  clock = new VirtualClock();
  leases = new MemoryLeaderLeases();
  running = [];
});
afterEach(async () => {
  for (const { abort } of running) abort.abort();
  await clock.advance(10_000);
  await Promise.all(running.map(({ ended }) => ended));
});

function start(holder: string, over: Partial<LeaderParts<LeaderLease>> = {}) {
  const leader = new Leader<LeaderLease>({
    leases,
    clock,
    timers: clock,
    logger: silentLogger,
    name: 'notifier',
    holder,
    onElected: async (lease) => lease,
    ...over,
  });
  const abort = new AbortController();
  const ended = leader.run(abort.signal);
  running.push({ abort, ended });
  return { leader, stop: () => abort.abort(), ended };
}

/** A process whose leases do not answer from a moment on, as those of one that was killed or cut off. */
function away(): { leases: LeaderParts<LeaderLease>['leases']; isAway: boolean } {
  const state = {
    isAway: false,
    leases: new Proxy(leases, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          if (state.isAway) throw new Fault('postgres.unreachable', 'backoff', 'away');
          return await member.apply(target, args);
        };
      },
    }),
  };
  return state;
}

/** Leases that do at once what they are asked, and answer late. */
function slow(delayMs: number): LeaderParts<LeaderLease>['leases'] {
  return new Proxy(leases, {
    get: (target, name) => {
      const member = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        const answer = await member.apply(target, args);
        await pause(clock, delayMs, new AbortController().signal);
        return answer;
      };
    },
  });
}

describe('a leadership by name', () => {
  it('is taken at once if nobody has it, by one of many, and kept', async () => {
    const all = ['a', 'b', 'c'].map((holder) => start(holder).leader);
    for (let second = 0; second < 20; second += 1) {
      await clock.advance(1_000);
      expect(all.map(({ current }) => current?.holder)).toEqual(['a', undefined, undefined]);
    }
    expect(all.map(({ holder }) => holder)).toEqual(['a', 'a', 'a']);
    expect(await leases.read('notifier')).toMatchObject({ epoch: 1 });
  });

  it('goes to another within term and watch if its holder is silent', async () => {
    const cut = away();
    const first = start('a', { leases: cut.leases }).leader;
    await clock.advance(700);
    const second = start('b').leader;
    await clock.advance(5_000);
    cut.isAway = true;
    await clock.advance(3_000);
    // The silent one knows by its own clock that its term is over, though nobody told it.
    expect(first.current).toBeUndefined();
    await clock.advance(1_000);
    expect(second.current).toMatchObject({ holder: 'b', epoch: 2 });
    cut.isAway = false;
    await clock.advance(2_000);
    expect(first.current).toBeUndefined();
    expect(first.holder).toBe('b');
  });

  it('never has two holders at one moment, whatever the delays', async () => {
    const cut = away();
    const first = start('a', { leases: cut.leases }).leader;
    await clock.advance(10);
    const second = start('b').leader;
    for (let moment = 0; moment < 400; moment += 1) {
      cut.isAway = moment % 90 > 40;
      await clock.advance(137);
      expect(first.current !== undefined && second.current !== undefined).toBe(false);
    }
    expect((await leases.read('notifier'))?.epoch).toBeGreaterThan(1);
  });

  it.each([
    ['renews', 400, 3_000],
    ['renews', 1_400, 6_000],
    // The claim is on its way; all that follows is cut.
    ['is elected', 1_400, 1_500],
  ])('has one holder though the answer comes late to who %s (%d ms)', async (_, lateMs, cutMs) => {
    const cut = away();
    const late = slow(lateMs);
    const lateOrAway = new Proxy(leases, {
      get: (_, name) => Reflect.get(cut.isAway ? cut.leases : late, name),
    });
    const first = start('a', { leases: lateOrAway }).leader;
    await clock.advance(1_450);
    const second = start('b').leader;
    const held = { first: false, second: false };
    for (let ms = 1_450; ms < 15_000; ms += 10) {
      cut.isAway = ms >= cutMs;
      await clock.advance(10);
      const now = { first: first.current !== undefined, second: second.current !== undefined };
      expect(now.first && now.second).toBe(false);
      held.first ||= now.first;
      held.second ||= now.second;
    }
    expect(held).toEqual({ first: true, second: true });
  });

  it('is not moved by a wall clock that jumps', async () => {
    const first = start('a').leader;
    const second = start('b').leader;
    for (let moment = 0; moment < 20; moment += 1) {
      clock.jumpWall(moment % 2 === 0 ? 86_400_000 : -90_000_000);
      await clock.advance(500);
      expect(second.current).toBeUndefined();
    }
    expect(first.current).toMatchObject({ epoch: 1 });
  });

  it('is free at once if its holder stops', async () => {
    const { stop, ended } = start('a');
    await clock.advance(100);
    const { leader } = start('b');
    await clock.advance(100);
    stop();
    await ended;
    await clock.advance(500);
    expect(leader.current).toMatchObject({ holder: 'b', epoch: 2 });
  });

  it('begins when the elected one is ready, and not at all if it is refused', async () => {
    const elections: number[] = [];
    const { leader } = start('a', {
      onElected: async (lease) => {
        elections.push(lease.epoch);
        return lease.epoch < 3 ? undefined : lease;
      },
    });
    await clock.advance(400);
    expect(leader.current).toBeUndefined();
    await clock.advance(1_000);
    expect(leader.current).toMatchObject({ epoch: 3 });
    expect(elections).toEqual([1, 2, 3]);
  });

  it('is given up by a holder that had a write refused, and may be won again', async () => {
    const { leader } = start('a');
    await clock.advance(100);
    leader.stepDown('a write was refused');
    expect(leader.current).toBeUndefined();
    await clock.advance(5_000);
    expect(leader.current).toMatchObject({ epoch: 2 });
  });

  it('keeps its own pace', async () => {
    const terms = { termMs: 60_000, renewMs: 20_000, watchMs: 15_000 };
    const cut = away();
    start('a', { terms, leases: cut.leases });
    await clock.advance(10);
    const second = start('b', { terms }).leader;
    await clock.advance(50_000);
    const before = await leases.read('notifier');
    expect(before).toMatchObject({ holder: 'a', counter: 3 });
    cut.isAway = true;
    await clock.advance(50_000);
    expect(second.current).toBeUndefined();
    await clock.advance(30_000);
    expect(second.current).toMatchObject({ holder: 'b' });
  });
});
