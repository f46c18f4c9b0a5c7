import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { planStep, SchedulerRig } from '#libs/testkit';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import type { SchedulerParts } from './scheduler.parts.ts';
import { Scheduler } from './scheduler.ts';

let rig: SchedulerRig<Scheduler, SchedulerParts>;

beforeEach(() => {
  rig = new SchedulerRig(
    (parts, over) => new Scheduler({ ...parts, snapshots: new MemorySnapshotStore(), ...over }),
  );
});
afterEach(() => rig.close());

describe('dispatch', () => {
  it('brings a graph to its end', async () => {
    await rig.world.executor('e', { slots: 2 });
    rig.scheduler('a');
    await rig.world.startRun([
      'a',
      planStep('b', { dependsOn: ['a'] }),
      planStep('c', { dependsOn: ['a'] }),
      planStep('d', { dependsOn: ['b', 'c'] }),
    ]);
    await rig.world.untilRecorded('run.finished', 1, 5_000);
    expect(await rig.world.recorded('run.finished')).toMatchObject([
      { data: { outcome: 'success' } },
    ]);
    const assigned = await rig.world.recorded('run.step-assigned');
    expect(assigned.map(({ data }) => data.step)).toEqual(['a', 'b', 'c', 'd']);
    expect(assigned[0]).toMatchObject({
      actor: 'scheduler:0',
      data: { attempt: 1, leaseMs: 20_000 },
      causationId: expect.stringMatching(/^0-\d+$/),
    });
    await rig.seconds(0.3);
    expect(rig.started[0]?.readings).toMatchObject({
      queueLength: 0,
      heldAttempts: 0,
      activeRuns: 0,
      lag: 0,
    });
  });

  it('never fills an executor beyond its slots', async () => {
    const executor = await rig.world.executor('e', { slots: 3, runMs: 50 });
    rig.scheduler('a');
    for (let run = 0; run < 40; run += 1) await rig.world.startRun(['a', 'b']);
    await rig.world.untilRecorded('run.finished', 40, 60_000);
    expect(executor.busiest).toBe(3);
  });

  it('assigns without letting time pass what its own process appends', async () => {
    await rig.world.executor('e');
    const { store, runner, tail, plans } = rig.world.front;
    rig.scheduler('a', { store, runner, tail, plans });
    await rig.seconds(1);
    await rig.world.startRun(['s']);
    await rig.world.clock.advance(0);
    expect(await rig.world.recorded('run.step-assigned')).toHaveLength(1);
  });

  it('heals itself where the decider says no', async () => {
    await rig.world.executor('e', { slots: 1, runMs: 500 });
    rig.scheduler('a');
    await rig.seconds(1);
    const first = await rig.world.startRun(['s', 't']);
    await rig.world.cancelRun(first);
    await rig.world.startRun(['s']);
    await rig.world.untilRecorded('run.finished', 2, 10_000);
    await rig.seconds(0.3);
    expect(rig.started[0]?.readings).toMatchObject({ queueLength: 0, heldAttempts: 0 });
  });

  it.each([
    ['refused', async () => ({ ok: false, rejection: { code: 'log.conflict', message: 'no' } })],
    [
      'lost on its way',
      async () => {
        throw new Fault('log.unavailable', 'backoff', 'away');
      },
    ],
  ] as const)('gives a step away again when its assignment was %s', async (_, answer) => {
    const { runner } = rig.world.process().parts;
    let asked = 0;
    const run = ((decider: never, stream: never, command: { kind: string }, ...rest: never[]) => {
      if (command.kind !== 'assign-step') return run0(decider, stream, command as never, ...rest);
      asked += 1;
      return asked <= 3 ? answer() : run0(decider, stream, command as never, ...rest);
    }) as unknown as typeof runner.run;
    const run0 = runner.run.bind(runner) as (...args: unknown[]) => unknown;
    await rig.world.executor('e');
    rig.scheduler('a', { runner: { run, load: runner.load.bind(runner) } });
    await rig.world.startRun(['s']);
    await rig.world.untilRecorded('run.finished', 1, 4_000);
    expect(asked).toBe(4);
  });
});
