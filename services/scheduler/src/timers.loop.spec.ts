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

describe('retries', () => {
  const failing = { outcome: 'failure', cause: 'exit', exitCode: 1 } as const;

  /** One failure, then success. The delay is 5/4 of the back-off: between half of it and twice, the random number is 0.5. */
  async function failOnce(backoffMs: number) {
    let failures = 0;
    await rig.world.executor('e', {
      report: () => {
        failures += 1;
        return failures === 1 ? failing : { outcome: 'success', cause: 'exit', exitCode: 0 };
      },
    });
    await rig.world.startRun([retrying('s', backoffMs)]);
    await rig.world.untilRecorded('run.step-retry-scheduled', 1, 5_000);
  }

  it('are queued when they are due, not before', async () => {
    rig.scheduler('a');
    await failOnce(8_000);
    await rig.seconds(9.5);
    expect(await rig.world.recorded('run.finished')).toHaveLength(0);
    await rig.world.untilRecorded('run.finished', 1, 1_500);
  });

  it('outlive the scheduler', async () => {
    const { made } = rig.scheduler('a');
    await failOnce(8_000);
    await made.stop();
    await rig.seconds(4);
    rig.scheduler('b');
    await rig.seconds(4);
    expect(await rig.world.recorded('run.finished')).toHaveLength(0);
    expect(rig.started[1]?.readings).toMatchObject({ delayedRetries: 1 });
    await rig.world.untilRecorded('run.finished', 1, 4_000);
  });

  it('that came due while nobody led are queued at once', async () => {
    const { made } = rig.scheduler('a');
    await failOnce(8_000);
    await made.stop();
    await rig.seconds(60);
    rig.scheduler('b');
    await rig.world.untilRecorded('run.finished', 1, 1_000);
  });

  it('do not stall when the wall clock is set back an hour', async () => {
    rig.scheduler('a');
    await failOnce(8_000);
    rig.world.clock.jumpWall(-3_600_000);
    await rig.world.untilRecorded('run.finished', 1, 12_000);
  });

  it('do not stall when it is set back while the scheduler is down', async () => {
    const { made } = rig.scheduler('a');
    await failOnce(8_000);
    await made.stop();
    rig.world.clock.jumpWall(-3_600_000);
    rig.scheduler('b');
    await rig.world.untilRecorded('run.finished', 1, 12_000);
  });
});
