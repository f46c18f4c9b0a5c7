import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DomainEvent, defaultTenant } from '#libs/events';
import { BugError, Fault } from '#libs/kernel';
import { schedulerFoldVersion } from '#libs/scheduling';
import { silentLogger } from '#libs/telemetry';
import { logProcess, MemoryEventStore, namedUuid, SchedulerRig, VirtualClock } from '#libs/testkit';
import { LogFold } from './log-fold.ts';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import type { SchedulerParts } from './scheduler.parts.ts';
import { Scheduler } from './scheduler.ts';

let snapshots: MemorySnapshotStore;
let rig: SchedulerRig<Scheduler, SchedulerParts>;

beforeEach(() => {
  snapshots = new MemorySnapshotStore();
  rig = new SchedulerRig((parts, over) => new Scheduler({ ...parts, snapshots, ...over }));
});
afterEach(() => rig.close());

describe('a snapshot', () => {
  it('is put away every 10,000 events and is where the next start begins', async () => {
    await rig.world.executor('e', { slots: 50, runMs: 10 });
    const { made } = rig.scheduler('a');
    for (let run = 0; run < 26; run += 1) {
      await rig.world.startRun(Array.from({ length: 100 }, (_, at) => `s${at}`));
      await rig.seconds(0.2);
    }
    await rig.world.untilRecorded('run.finished', 26, 60_000);
    await made.stop();
    const stored = await snapshots.load(0);
    expect(stored).toMatchObject({ foldVersion: schedulerFoldVersion });
    const position = stored?.snapshot.position ?? 0;
    expect(position).toBeGreaterThanOrEqual(10_000);

    const reads: number[] = [];
    const { parts } = rig.world.process();
    const tail = {
      position: 0,
      follow: (after: number, options: { readonly abort: AbortSignal }) => {
        reads.push(after);
        return parts.tail.follow(after, options);
      },
    };
    rig.scheduler('b', { ...parts, tail });
    await rig.world.startRun(['s']);
    await rig.world.untilRecorded('run.finished', 27, 5_000);
    expect(reads).toEqual([position]);
  });

  it.each([
    ['of another log', { incarnation: '11111111-1111-8111-8111-111111111111' }],
    ['of another fold', { foldVersion: schedulerFoldVersion + 1 }],
    ['that is broken', { snapshot: { position: 1 } as never }],
  ])('%s is ignored', async (_, over) => {
    const { incarnation } = await rig.world.log.head();
    await rig.world.executor('e');
    await rig.world.startRun(['s']);
    const empty = { position: 2, epochs: [], executors: [], runs: [], pastHomes: [] };
    const usable = { incarnation, foldVersion: schedulerFoldVersion, snapshot: empty };
    await snapshots.save(0, { ...usable, ...over });
    rig.scheduler('a');
    await rig.world.untilRecorded('run.finished', 1, 2_000);
  });
});

it('another log in the place of the one that it follows is folded anew', async () => {
  const clock = new VirtualClock();
  const logOf = async (incarnation: string, executors: readonly string[]) => {
    const store = new MemoryEventStore(clock, { incarnation });
    const add = (name: string) =>
      store.append([
        {
          stream: `executor-${namedUuid(name)}`,
          expectedVersion: 0,
          events: [registered(name)],
          origin: { tenant: defaultTenant, actor: 'system' },
        },
      ]);
    for (const name of executors) await add(name);
    return { ...logProcess(store, clock), add };
  };
  const before = await logOf('00000000-0000-8000-8000-000000000001', ['one', 'two']);
  const restored = await logOf('00000000-0000-8000-8000-000000000002', ['three']);
  let current = before;
  const fold = new LogFold(
    {
      store: { head: () => current.store.head() },
      tail: { position: 0, follow: (after, options) => current.tail.follow(after, options) },
      plans: {
        load: async (hashes) => {
          if (isAway) throw new Fault('log.unavailable', 'backoff', 'away');
          return await current.plans.load(hashes);
        },
      },
      snapshots,
      timers: clock,
      logger: silentLogger,
      shard: 0,
    },
    () => {},
  );
  let isAway = false;
  const abort = new AbortController();
  const running = fold.run(abort.signal, () => false);
  await clock.until(() => fold.state.position === 2, 1_000);
  isAway = true;
  await before.add('lost with the database');
  await clock.advance(1_000);
  current = restored;
  isAway = false;
  await clock.until(() => fold.state.position === 1, 2_000);
  expect([...fold.state.executors.all()].map(({ name }) => name)).toEqual(['three']);
  abort.abort();
  await running;
});

it('ends where the log is not what it must be: nothing that is accepted would ever begin', async () => {
  const clock = new VirtualClock();
  const incarnation = '00000000-0000-8000-8000-000000000001';
  const { store, plans } = logProcess(new MemoryEventStore(clock, { incarnation }), clock);
  const follow = () => {
    throw new BugError('the log has a hole behind 7');
  };
  const tail = { position: 0, follow };
  const fold = new LogFold(
    { store, plans, tail, snapshots, timers: clock, logger: silentLogger, shard: 0 },
    () => {},
  );
  const abort = new AbortController();
  const ended = fold.run(abort.signal, () => false).catch((error: unknown) => String(error));
  await clock.advance(2_000);
  abort.abort();
  expect(await ended).toContain('the log has a hole behind 7');
});

function registered(name: string): DomainEvent {
  const capabilities = { drivers: ['process'], isolation: 'none' } as const;
  const data = { name, labels: [], slots: 1, version: '1' };
  return {
    type: 'executor.registered',
    data: { ...data, capabilities: { ...capabilities, drivers: [...capabilities.drivers] } },
  };
}
