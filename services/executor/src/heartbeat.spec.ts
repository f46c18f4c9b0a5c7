import { beforeEach, describe, expect, it } from 'vitest';
import { type StopRequest } from '#libs/executor-protocol';
import { silentLogger } from '#libs/telemetry';
import { MemoryExecutorGateway, VirtualClock } from '#libs/testkit';
import { assignmentOf, randomIds } from './executor.fakes.ts';
import { Heartbeat } from './heartbeat.ts';

let clock: VirtualClock;
let gateway: MemoryExecutorGateway;
let heartbeat: Heartbeat;
let stops: StopRequest[];
let lost: { why: string; atMs: number }[];
let held: number[];
let terms: number[];
let executorId: string;

beforeEach(async () => {
  clock = new VirtualClock();
  gateway = new MemoryExecutorGateway(clock);
  stops = [];
  lost = [];
  held = [];
  terms = [];
  executorId = randomIds.uuid();
  const answer = await gateway.register({
    executorId,
    name: 'spec',
    labels: [],
    slots: 4,
    capabilities: { drivers: ['process'], isolation: 'none' },
    version: '0',
  });
  heartbeat = new Heartbeat({
    gateway,
    membership: { ...answer, sentAtMs: clock.monotonicMs() },
    describe: () => ({ held: [...held], freeSlots: 4 - held.length }),
    onAcknowledged: (leftMs) => terms.push(leftMs),
    onStop: (stop) => stops.push(stop),
    onLost: (why) => lost.push({ why, atMs: clock.monotonicMs() }),
    clock,
    timers: clock,
    logger: silentLogger,
  });
  heartbeat.start();
});

describe('heartbeats', () => {
  it('go out every five seconds and say what is held', async () => {
    held = [3];
    await clock.advance(15_000);
    expect(gateway.heartbeats).toEqual(Array(3).fill({ held: [3], freeSlots: 3 }));
  });

  it('bring what is to be stopped', async () => {
    const { fence: _, ...order } = assignmentOf();
    const { fence } = gateway.assign(executorId, order);
    held = [fence];
    gateway.cancel(order.runId, false);
    await clock.advance(5_000);
    expect(stops).toMatchObject([{ fence, reason: 'cancelled' }]);
  });

  it('allow what runs 14 s from when the last acknowledged one was sent', async () => {
    expect(terms).toEqual([14_000]);
    await clock.advance(5_000);
    expect(terms).toEqual([14_000, 14_000]);
    gateway.isUnreachable = true;
    await clock.advance(13_999);
    expect([terms.length, heartbeat.isSilent]).toEqual([2, false]);
    await clock.advance(1);
    expect([terms.length, heartbeat.isSilent]).toEqual([2, true]);
  });

  it('give up 14 s after the last acknowledged one was sent', async () => {
    await clock.advance(5_000);
    gateway.isUnreachable = true;
    await clock.advance(13_999);
    expect(lost).toEqual([]);
    await clock.advance(1);
    expect(lost).toMatchObject([{ atMs: 19_000 }]);
    await clock.advance(60_000);
    expect(lost).toHaveLength(1);
  });

  it('count from the sending, not from the answer', async () => {
    const beat = gateway.heartbeat.bind(gateway);
    // Each answer takes four seconds; the last that arrives was sent at five.
    gateway.heartbeat = async (id, request) => {
      await new Promise<void>((resolve) => clock.after(4_000, resolve));
      return beat(id, request);
    };
    await clock.advance(9_500);
    gateway.isUnreachable = true;
    await clock.advance(60_000);
    expect(lost).toMatchObject([{ atMs: 19_000 }]);
  });

  it('don’t trust an answer that comes too late', async () => {
    const answers: (() => void)[] = [];
    const beat = gateway.heartbeat.bind(gateway);
    gateway.heartbeat = async (id, request) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return beat(id, request);
    };
    await clock.advance(14_000);
    expect(lost).toHaveLength(1);
    for (const answer of answers) answer();
    await clock.advance(5_000);
    expect(lost).toHaveLength(1);
    expect(stops).toEqual([]);
  });

  it('are repeated soon after a failure, so that a short one costs nothing', async () => {
    await clock.advance(4_000);
    gateway.isUnreachable = true;
    await clock.advance(8_500);
    gateway.isUnreachable = false;
    await clock.advance(60_000);
    expect(lost).toEqual([]);
  });

  it('are not piled upon a server that hangs', async () => {
    let underWay = 0;
    gateway.heartbeat = () => {
      underWay += 1;
      return new Promise(() => {});
    };
    await clock.advance(13_999);
    expect(underWay).toBe(2);
    await clock.advance(60_000);
    expect(underWay).toBe(2);
  });

  it('are not moved by the wall clock', async () => {
    clock.jumpWall(3_600_000);
    await clock.advance(20_000);
    clock.jumpWall(-7_200_000);
    await clock.advance(20_000);
    expect(lost).toEqual([]);
    expect(gateway.heartbeats).toHaveLength(8);
  });

  it('hear at once that the executor was declared lost', async () => {
    gateway.declareLost(executorId);
    await clock.advance(5_000);
    expect(lost).toMatchObject([{ atMs: 5_000 }]);
  });

  it('say nothing any more when they were stopped', async () => {
    heartbeat.stop();
    await clock.advance(60_000);
    expect(gateway.heartbeats).toEqual([]);
    expect(lost).toEqual([]);
  });
});
