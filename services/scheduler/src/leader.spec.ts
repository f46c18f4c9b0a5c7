import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultTenant } from '#libs/events';
import { SchedulerRig } from '#libs/testkit';
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

const leaders = () => rig.started.filter(({ readings }) => readings.isLeading).length;

describe('the lead', () => {
  it('is taken at once where nobody has it, and told in the log', async () => {
    rig.scheduler('a');
    await rig.seconds(0.2);
    expect(rig.started[0]?.readings).toMatchObject({ isLeading: true, epoch: 1, leader: 'a' });
    expect(await rig.world.recorded('scheduler.leader-changed')).toMatchObject([
      { stream: 'scheduler-0', data: { shard: 0, epoch: 1, holder: 'a' } },
    ]);
  });

  it('has one holder', async () => {
    for (const holder of ['a', 'b', 'c']) rig.scheduler(holder);
    for (let at = 0; at < 20; at += 1) {
      await rig.seconds(1);
      expect(leaders()).toBe(1);
    }
    expect(await rig.world.recorded('scheduler.leader-changed')).toHaveLength(1);
  });

  it('goes to another within 5 s when its holder dies, and dispatch goes on', async () => {
    await rig.world.executor('e', { runMs: 10 });
    const { freezer } = rig.scheduler('a');
    await rig.seconds(1.7);
    rig.scheduler('b');
    await rig.seconds(10);
    freezer.isFrozen = true;
    await rig.world.startRun(['s']);
    await rig.world.untilRecorded('run.step-assigned', 1, 5_000);
    expect((await rig.world.recorded('scheduler.leader-changed')).at(-1)?.data).toMatchObject({
      epoch: 2,
      holder: 'b',
    });
  });

  it('is free at once when its holder stops', async () => {
    const { made } = rig.scheduler('a');
    await rig.seconds(1);
    rig.scheduler('b');
    await rig.seconds(1);
    await made.stop();
    await rig.seconds(0.7);
    expect(rig.started[1]?.readings).toMatchObject({ isLeading: true, epoch: 2 });
  });

  it('is given up by a leader that was stopped for a while; what it still sends is refused', async () => {
    const { made, freezer } = rig.scheduler('a');
    await rig.seconds(1);
    rig.scheduler('b');
    await rig.seconds(1);
    await rig.world.executor('e', { runMs: 60_000 });
    freezer.isFrozen = true;
    await rig.seconds(8);
    expect(rig.started[1]?.readings.isLeading).toBe(true);
    await rig.world.startRun(['s', 't']);
    freezer.thaw();
    await rig.seconds(2);
    expect(made.readings.isLeading).toBe(false);
    const actors = await rig.world.recorded('run.step-assigned');
    expect(actors).toHaveLength(2);
    expect(leaders()).toBe(1);
  });

  it('steps down when the log says that its epoch is over', async () => {
    const leases = { ...stubbornLeases(), epoch: 1 };
    const { made } = rig.scheduler('a', { leases });
    await rig.seconds(1);
    expect(made.readings).toMatchObject({ isLeading: true, epoch: 1 });
    await rig.world.log.append([
      {
        stream: 'scheduler-0',
        expectedVersion: 1,
        origin: { tenant: defaultTenant, actor: 'scheduler:0' },
        events: [{ type: 'scheduler.leader-changed', data: { shard: 0, epoch: 7, holder: 'z' } }],
      },
    ]);
    leases.isOpen = false;
    await rig.world.executor('e');
    await rig.world.startRun(['s']);
    await rig.seconds(3);
    expect(made.readings.isLeading).toBe(false);
    expect(await rig.world.recorded('run.step-assigned')).toHaveLength(0);
  });

  it('catches up with the epochs of the log where the lease rows were lost', async () => {
    for (const epoch of [1, 2, 3]) {
      await rig.world.log.append([
        {
          stream: 'scheduler-0',
          expectedVersion: epoch - 1,
          origin: { tenant: defaultTenant, actor: 'scheduler:0' },
          events: [{ type: 'scheduler.leader-changed', data: { shard: 0, epoch, holder: 'z' } }],
        },
      ]);
    }
    rig.scheduler('a');
    await rig.seconds(5);
    expect(rig.started[0]?.readings).toMatchObject({ isLeading: true, epoch: 4 });
  });

  it('comes back by itself after the database was away', async () => {
    await rig.world.executor('e');
    const { made } = rig.scheduler('a');
    await rig.seconds(2);
    rig.world.log.isAway = true;
    await rig.seconds(20);
    rig.world.log.isAway = false;
    await rig.world.startRun(['s']);
    await rig.world.untilRecorded('run.finished', 1, 5_000);
    expect(made.readings.isLeading).toBe(true);
  });

  /** A row that grants everything to whoever asks: only the log's guard is left. */
  function stubbornLeases() {
    return {
      isOpen: true,
      async read() {
        return this.isOpen
          ? undefined
          : { holder: 'z', epoch: 7, counter: Math.floor(rig.world.clock.nowMs()) };
      },
      async claim(name: string, holder: string) {
        return this.isOpen ? { name, number: 0, epoch: 1, holder } : undefined;
      },
      async renew() {
        return true;
      },
      async release() {},
    };
  }
});
