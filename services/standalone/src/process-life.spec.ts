import { expect, it } from 'vitest';
import { VirtualClock } from '#libs/testkit';
import { type LifeParts, ProcessLife } from './process-life.ts';

const never = new AbortController().signal;
const step = { runNumber: 7, step: 'test' };

/** A life whose calls of its scheduler and its executor are noted, in order. */
function living(options: { readonly startFails?: boolean } = {}) {
  const clock = new VirtualClock();
  const calls: string[] = [];
  const readings = { activeRuns: 0, lag: 0 };
  const drained = Promise.withResolvers<readonly (typeof step)[]>();
  const life = new ProcessLife({
    scheduler: {
      start: () => void calls.push('scheduler starts'),
      stop: async () => void calls.push('scheduler stops'),
      readings: readings as LifeParts['scheduler']['readings'],
    },
    executor: {
      start: async () => {
        calls.push('executor starts');
        if (options.startFails) throw new Error('no sandbox works here');
      },
      drain: async (withinMs) => {
        calls.push(`executor drains within ${withinMs} ms`);
        return drained.promise;
      },
      stop: async () => void calls.push('executor stops'),
      running: [step],
    },
    clock,
    drainTimeoutMs: 30_000,
    onEnd: (how) => void calls.push(`end: ${how}`),
  });
  return { life, calls, clock, readings, drained };
}

it('rests until it is told to work, and begins to work once', async () => {
  const { life, calls } = living();
  expect(life.status).toBe('at-rest');
  await Promise.all([life.work(), life.work()]);
  expect(life.status).toBe('working');
  expect(calls).toEqual(['scheduler starts', 'executor starts']);
});

it.each(['run.queued', 'run.cancel-requested'] as const)('is woken by %s', (type) => {
  const { life } = living();
  life.heed([{ type: 'pipeline.registered' }, { type }]);
  expect(life.status).toBe('working');
});

it('is not woken by what nobody has to act on', () => {
  const { life } = living();
  life.heed([{ type: 'pipeline.registered' }]);
  expect(life.status).toBe('at-rest');
});

it('asks to end at once if it cannot work', async () => {
  const { life, calls } = living({ startFails: true });
  await expect(life.work()).rejects.toThrow('no sandbox works here');
  expect(calls.at(-1)).toBe('end: now');
});

it.each([
  ['a run is unfinished', { activeRuns: 1 }],
  ['events are not folded yet', { lag: 1 }],
])('has work while %s; at rest nothing counts', async (_, found) => {
  const { life, readings } = living();
  Object.assign(readings, found);
  expect(life.hasWork()).toBe(false);
  await life.work();
  expect(life.hasWork()).toBe(true);
  Object.assign(readings, { activeRuns: 0, lag: 0 });
  expect(life.hasWork()).toBe(false);
});

it('drains: the scheduler stops before the executor takes no more, and nothing begins any more', async () => {
  const { life, calls, clock, drained } = living();
  await life.work();
  const cutShort = life.drain(5_000, never);
  await clock.advance(2_000);
  expect(life.status).toBe('draining');
  expect(life.drainLeftMs).toBe(3_000);
  drained.resolve([step]);
  expect(await cutShort).toEqual([step]);
  await life.drained;
  await life.work();
  expect(calls.slice(2)).toEqual(['scheduler stops', 'executor drains within 5000 ms']);
});

it('has nothing left to wait for when a drain is cut short', async () => {
  const { life, clock, drained } = living();
  const enough = new AbortController();
  const draining = life.drain(5_000, enough.signal);
  await clock.advance(1_000);
  enough.abort();
  expect(life.drainLeftMs).toBe(0);
  drained.resolve([]);
  await draining;
});

it('says how long a drain will take from the moment somebody asks for one', async () => {
  const { life, calls, clock } = living();
  expect(life.drainLeftMs).toBeNull();
  life.end('drain');
  await clock.advance(10_000);
  expect([life.status, life.drainLeftMs]).toEqual(['draining', 20_000]);
  expect(calls).toEqual(['end: drain']);
});

it('stops what has begun, the executor first; at rest there is nothing to stop', async () => {
  const resting = living();
  await resting.life.stop();
  expect(resting.calls).toEqual([]);
  expect(resting.life.status).toBe('draining');
  const { life, calls } = living();
  await life.work();
  await life.stop();
  expect(calls.slice(2)).toEqual(['executor stops', 'scheduler stops']);
});

it('stops a process whose work could not begin', async () => {
  const { life, calls } = living({ startFails: true });
  await life.work().catch(() => {});
  await life.stop();
  expect(calls.slice(-2)).toEqual(['executor stops', 'scheduler stops']);
});
