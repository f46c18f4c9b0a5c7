import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

describe('waits', () => {
  const notes = async () =>
    (await rig.world.recorded('run.step-wait-changed')).map(({ data }) => [data.step, data.reason]);

  it('are noted once they pass a second, and when their class changes', async () => {
    rig.scheduler('a');
    await rig.world.executor('e', { slots: 1, runMs: 3_000 });
    await rig.seconds(1);
    await rig.world.startRun(['a', 'b', planStep('c', { labels: ['gpu'] })]);
    await rig.seconds(0.7);
    expect(await notes()).toEqual([]);
    await rig.seconds(1);
    expect((await notes()).sort()).toEqual([
      ['b', 'slots'],
      ['c', 'labels'],
    ]);
    await rig.world.executor('g', { slots: 1, labels: ['gpu'], prepareMs: 60_000 });
    await rig.world.startRun([planStep('d', { labels: ['gpu'] })]);
    await rig.seconds(0.2);
    expect((await notes()).sort()).toEqual([
      ['b', 'slots'],
      ['c', 'labels'],
    ]);
    await rig.seconds(2);
    expect((await notes()).at(-1)).toEqual(['d', 'slots']);
  });

  it('shorter than a second leave nothing behind', async () => {
    rig.scheduler('a');
    await rig.world.executor('e', { slots: 1, runMs: 100 });
    for (let run = 0; run < 5; run += 1) await rig.world.startRun(['s']);
    await rig.world.untilRecorded('run.finished', 5, 10_000);
    expect(await notes()).toEqual([]);
  });

  it('for a retry are noted as such', async () => {
    rig.scheduler('a');
    await rig.world.executor('e', {
      report: () => ({ outcome: 'failure', cause: 'exit', exitCode: 1 }),
    });
    await rig.world.startRun([retrying('s', 5_000)]);
    await rig.seconds(4);
    expect(await notes()).toEqual([['s', 'retry-delay']]);
  });

  it('of many are noted bit by bit', async () => {
    rig.scheduler('a');
    await rig.world.startRun(Array.from({ length: 500 }, (_, at) => `s${at}`));
    await rig.seconds(1.8);
    const some = (await notes()).length;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(500);
    await rig.seconds(3);
    expect(await notes()).toHaveLength(500);
  });
});
