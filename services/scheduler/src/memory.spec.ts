import { afterEach, beforeEach, expect, it } from 'vitest';
import { SchedulerRig } from '#libs/testkit';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import type { SchedulerParts } from './scheduler.parts.ts';
import { Scheduler } from './scheduler.ts';

let rig: SchedulerRig<Scheduler, SchedulerParts>;
beforeEach(() => {
  rig = new SchedulerRig(
    (parts) => new Scheduler({ ...parts, snapshots: new MemorySnapshotStore() }),
  );
});
afterEach(() => rig.close());

const steps = Array.from({ length: 100 }, (_, at) => `step-${at}`);

it('a process holds nothing of the wide runs that have finished, and one plan of all of them', async () => {
  await rig.world.executor('e', { slots: 100, prepareMs: 0, runMs: 0 });
  const { runner, plans } = rig.world.front;
  // As in one process: the scheduler works with what executors and API work with.
  rig.scheduler('a', rig.world.front);
  await rig.seconds(1);
  const idle = runner.kept;
  const planBytes = new Set<number>();
  for (let run = 1; run <= 8; run += 1) {
    await rig.world.startRun(steps);
    expect(runner.kept.streams).toBe(idle.streams + 1);
    await rig.world.untilRecorded('run.finished', run, 60_000);
    await rig.seconds(0.5);
    expect(runner.kept).toEqual(idle);
    planBytes.add(plans.bytes);
  }
  expect(planBytes.size).toBe(1);
  expect(rig.started[0]?.readings).toMatchObject({
    activeRuns: 0,
    heldAttempts: 0,
    queueLength: 0,
  });
});
