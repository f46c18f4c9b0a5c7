import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { schedulerFoldVersion } from '#libs/scheduling';
import { SchedulerRig } from '#libs/testkit';
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
