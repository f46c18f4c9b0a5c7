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

const retrying = (id: string, backoffMs = 0) =>
  planStep(id, { retry: { max: 3, on: ['any'], backoffMs } });

describe('executors that are lost', () => {
  it('silent for 20 s: what had started and may be retried runs elsewhere', async () => {
    rig.scheduler('a');
    const silent = await rig.world.executor('e', { runMs: 600_000 });
    await rig.world.startRun([retrying('s')]);
    await rig.seconds(7);
    silent.crash();
    await rig.world.executor('f');
    await rig.world.untilRecorded('run.finished', 1, 25_000);
    expect(await rig.world.recorded('executor.lost')).toMatchObject([{ data: { why: 'silent' } }]);
    expect(await rig.world.recorded('run.step-attempt-lost')).toMatchObject([
      { data: { step: 's', attempt: 1, why: 'lease-expired' } },
    ]);
    expect(await rig.world.heartbeats.readAll()).toHaveLength(1);
  });

  it('are not judged too early', async () => {
    rig.scheduler('a');
    const silent = await rig.world.executor('e', { runMs: 600_000 });
    await rig.world.startRun([retrying('s')]);
    await rig.seconds(5.5); // its second and last beat is at 5 s
    silent.crash();
    await rig.seconds(18);
    expect(await rig.world.recorded('executor.lost')).toHaveLength(0);
    await rig.seconds(4);
    expect(await rig.world.recorded('executor.lost')).toHaveLength(1);
  });

  it('get a whole term from a new leader', async () => {
    const { freezer } = rig.scheduler('a');
    const silent = await rig.world.executor('e', { runMs: 600_000 });
    await rig.world.startRun([retrying('s')]);
    rig.scheduler('b');
    await rig.seconds(5.5);
    silent.crash();
    await rig.seconds(15);
    freezer.isFrozen = true;
    await rig.seconds(20);
    expect(rig.started[1]?.readings.isLeading).toBe(true);
    expect(await rig.world.recorded('executor.lost')).toHaveLength(0);
    await rig.seconds(6);
    expect(await rig.world.recorded('executor.lost')).toHaveLength(1);
  });

  it.each([
    ['left', 'executor-gone'],
    ['replaced', 'executor-restarted'],
  ] as const)('%s: lost at once', async (how, why) => {
    rig.scheduler('a');
    const executor = await rig.world.executor('e', { prepareMs: 600_000 });
    await rig.world.startRun(['s']);
    await rig.seconds(2);
    await executor.leave(how);
    await rig.seconds(0.5);
    expect(await rig.world.recorded('run.step-attempt-lost')).toMatchObject([{ data: { why } }]);
    await rig.world.executor('f');
    await rig.world.untilRecorded('run.finished', 1, 3_000);
  });

  it('left behind by a leader that died in between are found by the next', async () => {
    const executor = await rig.world.executor('e', { prepareMs: 600_000 });
    const { made } = rig.scheduler('a');
    await rig.world.startRun(['s']);
    await rig.seconds(2);
    await made.stop();
    await executor.leave('left');
    rig.scheduler('b');
    await rig.seconds(1);
    expect(await rig.world.recorded('run.step-attempt-lost')).toHaveLength(1);
  });

  it('are not lost because the database was away', async () => {
    rig.scheduler('a');
    await rig.world.executor('e', { runMs: 120_000 });
    await rig.world.startRun(['s']);
    await rig.seconds(3);
    const { beat, readAll } = rig.world.heartbeats;
    const away = async () => {
      throw new Fault('postgres.unreachable', 'backoff', 'away');
    };
    Object.assign(rig.world.heartbeats, { readAll: away, beat: async () => {} });
    await rig.seconds(60);
    Object.assign(rig.world.heartbeats, { readAll, beat });
    await rig.seconds(30);
    expect(await rig.world.recorded('executor.lost')).toHaveLength(0);
  });
});

describe('attempts that their executor does not bring on', () => {
  const overdue = { startMs: 30_000, graceMs: 60_000 };

  it('never started: lost, and given away again', async () => {
    rig.scheduler('a', { overdue });
    const executor = await rig.world.executor('e');
    executor.isWorking = false;
    await rig.world.startRun(['s']);
    await rig.seconds(29);
    executor.isWorking = true;
    expect(await rig.world.recorded('run.step-attempt-lost')).toHaveLength(0);
    await rig.world.untilRecorded('run.finished', 1, 5_000);
    expect(await rig.world.recorded('run.step-attempt-lost')).toMatchObject([
      { data: { why: 'overdue' } },
    ]);
  });

  it('started and long past their timeout: lost', async () => {
    rig.scheduler('a', { overdue });
    await rig.world.executor('e', { runMs: 600_000 });
    await rig.world.startRun([planStep('s', { timeoutMs: 5_000 })]);
    await rig.seconds(60);
    expect(await rig.world.recorded('run.finished')).toHaveLength(0);
    await rig.seconds(10);
    expect(await rig.world.recorded('run.finished')).toMatchObject([
      { data: { outcome: 'error' } },
    ]);
  });
});
