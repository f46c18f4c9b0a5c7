import { expect, it } from 'vitest';
import { type AttemptReport, type PlanStep, type RecordedEvent, streamId } from '#libs/events';
import { namedUuid, planStep, SchedulerRig, type SimulatedExecutor } from '#libs/testkit';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import type { SchedulerParts } from './scheduler.parts.ts';
import { Scheduler } from './scheduler.ts';

/** Seeds of one test run; a failure names its seed, and `SEEDS` below can be set to it alone. */
const seeds = Array.from({ length: 25 }, (_, at) => 1_000 + at);

/** mulberry32: small, and the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const labels = [[], ['linux'], ['gpu']];

/** Bad days in random order: what dies, stops, comes back, and when the clock jumps, all follow from the seed. */
class Chaos {
  readonly rig: SchedulerRig<Scheduler, SchedulerParts>;
  readonly random: () => number;
  readonly starts = new Map<string, number>();
  readonly #frozen: { thaw(): void; isFrozen: boolean }[] = [];
  #names = 0;
  runs = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
    const snapshots = new MemorySnapshotStore();
    this.rig = new SchedulerRig(
      (parts, over) => new Scheduler({ ...parts, snapshots, random: this.random, ...over }),
    );
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  async act(): Promise<void> {
    const living = this.rig.world.executors.filter(({ isAlive }) => isAlive);
    const victim = living[this.below(living.length)];
    const { world } = this.rig;
    switch (this.below(14)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return this.startRun();
      case 5:
        return void (await this.newExecutor());
      case 6:
        return victim?.crash();
      case 7:
        return victim?.leave(this.random() < 0.5 ? 'left' : 'replaced');
      case 8:
        return void this.newScheduler();
      case 9:
        return this.stopScheduler();
      case 10:
        return this.freezeScheduler();
      case 11:
        return this.#frozen.splice(this.below(this.#frozen.length), 1)[0]?.thaw();
      case 12:
        return world.clock.jumpWall((this.random() - 0.5) * 7_200_000);
      default:
        world.log.isAway = true;
        await world.clock.advance(this.below(6_000));
        world.log.isAway = false;
    }
  }

  async startRun(): Promise<void> {
    const steps: PlanStep[] = [];
    for (let at = 0; at < 1 + this.below(6); at += 1) {
      const dependsOn = steps.map(({ id }) => id).filter(() => this.random() < 0.4);
      const backoffMs = this.below(3) * 2_000;
      const retry = { max: 10, on: ['worker-lost' as const, 'failure' as const], backoffMs };
      const own = labels[this.below(labels.length)] ?? [];
      steps.push(planStep(`s${at}`, { dependsOn, retry, labels: own, timeoutMs: 60_000 }));
    }
    this.runs += 1;
    const id = await this.rig.world.startRun(steps);
    if (this.random() < 0.1) await this.rig.world.cancelRun(id);
  }

  newExecutor(own = labels[this.below(labels.length)] ?? []): Promise<SimulatedExecutor> {
    this.#names += 1;
    return this.rig.world.executor(`executor ${this.#names}`, {
      slots: 1 + this.below(4),
      labels: own,
      prepareMs: this.below(500),
      runMs: this.below(8_000),
      report: () => this.report(),
      onEffect: (run, step, attempt) => {
        const key = `${run}/${step}/${attempt}`;
        this.starts.set(key, (this.starts.get(key) ?? 0) + 1);
      },
    });
  }

  newScheduler() {
    this.#names += 1;
    return this.rig.scheduler(`scheduler ${this.#names}`);
  }

  /** When the bad days are over there is somebody for every label, and a scheduler that nobody stopped. */
  async heal(): Promise<void> {
    this.rig.world.log.isAway = false;
    for (const frozen of this.#frozen) frozen.thaw();
    await this.newExecutor(['linux', 'gpu']);
    this.newScheduler();
  }

  report(): AttemptReport {
    return this.random() < 0.15
      ? { outcome: 'failure', cause: 'exit', exitCode: 1 }
      : { outcome: 'success', cause: 'exit', exitCode: 0 };
  }

  /** Not awaited: it may be one that stands still. */
  stopScheduler(): void {
    const { started } = this.rig;
    void started[this.below(started.length)]?.stop();
  }

  freezeScheduler(): void {
    const { freezer } = this.newScheduler();
    this.rig.world.clock.after(this.below(10_000), () => {
      freezer.isFrozen = true;
      this.#frozen.push(freezer);
    });
  }
}

it.each(seeds)('seed %i: every run ends, each attempt starts at most once', async (seed) => {
  const chaos = new Chaos(seed);
  const { rig } = chaos;
  const { world } = rig;
  try {
    await chaos.newExecutor(['linux', 'gpu']);
    chaos.newScheduler();
    await chaos.startRun();
    for (let day = 0; day < 40; day += 1) {
      await chaos.act();
      await world.clock.advance(chaos.below(5_000));
    }
    await chaos.heal();
    await world.untilRecorded('run.finished', chaos.runs, 3_600_000);
    await rig.seconds(30);

    expect([...chaos.starts.values()].filter((count) => count > 1)).toEqual([]);
    checkHistory(await world.log.readLog({ after: 0, limit: 1_000_000 }));
    const leading = rig.started.filter(({ readings }) => readings.isLeading);
    expect(leading.map(({ readings }) => readings)).toMatchObject([
      { queueLength: 0, heldAttempts: 0, delayedRetries: 0, activeRuns: 0, lag: 0 },
    ]);
  } finally {
    await rig.close();
  }
});

/** What the log may never show, whoever led when. */
function checkHistory(events: readonly RecordedEvent[]): void {
  const assigned = new Set<string>();
  const labelsOf = new Map<string, readonly string[]>();
  let epoch = 0;
  for (const event of events) {
    if (event.type === 'scheduler.leader-changed') {
      expect(event.data.epoch).toBeGreaterThan(epoch);
      epoch = event.data.epoch;
    }
    if (event.type === 'executor.registered')
      labelsOf.set(streamId('executor', event.stream), event.data.labels);
    if (event.type !== 'run.step-assigned') continue;
    const attempt = `${event.stream}/${event.data.step}/${event.data.attempt}`;
    expect(assigned.has(attempt)).toBe(false);
    assigned.add(attempt);
    expect(labelsOf.has(event.data.executor)).toBe(true);
  }
  expect(assigned.size).toBeGreaterThan(0);
  expect(labelsOf.has(namedUuid('executor 1'))).toBe(true);
}
