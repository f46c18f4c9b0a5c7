import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultTenant, type RecordedEvent } from '#libs/events';
import { Fault } from '#libs/kernel';
import { AnyEvents, logProcess, SimulatedLog, VirtualClock } from '#libs/testkit';
import { CheckpointMoved } from './checkpoints.ts';
import { atLeastOnce, inMemory, withWrites } from './keeping.ts';
import { MemoryCheckpoints } from './memory-checkpoints.ts';
import { pullLog } from './pull-log.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';

const unreachable = new Fault('postgres.unreachable', 'backoff', 'away');

let clock: VirtualClock;
let store: SimulatedLog;
let told: string[];
let handled: number[];
let running: Subscription[];

beforeEach(() => {
  clock = new VirtualClock();
  store = new SimulatedLog(clock);
  told = [];
  handled = [];
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
});

it('hands on each event once, in order, in batches of at most so many', async () => {
  const sizes: number[] = [];
  await append(25);
  await follow({
    batchMax: 10,
    handle: async (events) => {
      sizes.push(events.length);
      note(events);
    },
  });
  await clock.until(() => handled.length === 25, 1_000);
  await append(3);
  await clock.until(() => handled.length === 28, 1_000);
  expect(handled).toEqual(positions(1, 28));
  expect(Math.max(...sizes)).toBe(10);
});

it('hands on the next batch when the handler is done with the one before', async () => {
  const gate = Promise.withResolvers<void>();
  await append(20);
  const reader = await follow({
    batchMax: 10,
    handle: async (events) => {
      note(events);
      await gate.promise;
    },
  });
  await clock.advance(5_000);
  expect([handled.length, reader.position, reader.lag]).toEqual([10, 0, 20]);
  gate.resolve();
  await clock.until(() => reader.lag === 0, 1_000);
  expect(handled).toEqual(positions(1, 20));
});

it('goes on from its checkpoint in its next life, and begins again in another log', async () => {
  const checkpoints = new MemoryCheckpoints();
  await append(10);
  const first = await follow({ keeping: atLeastOnce(checkpoints, 'reader') });
  await clock.until(() => first.position === 10, 1_000);
  await first.stop();
  await append(5);
  const second = await follow({ keeping: atLeastOnce(checkpoints, 'reader') });
  await clock.until(() => second.position === 15, 1_000);
  expect(handled).toEqual(positions(1, 15));
  await second.stop();
  const stored = await checkpoints.load('reader');
  await checkpoints.move('reader', stored, { position: 9, incarnation: 'of a log before' });
  handled = [];
  await follow({ keeping: atLeastOnce(checkpoints, 'reader') });
  await clock.until(() => handled.length === 15, 1_000);
  expect(handled).toEqual(positions(1, 15));
});

it('begins where memory says: at the end, or at a position', async () => {
  await append(10);
  await follow({ keeping: inMemory('end') });
  await clock.advance(100);
  expect(handled).toEqual([]);
  await append(1);
  await clock.until(() => handled.length === 1, 1_000);
  expect(handled).toEqual([11]);
  handled = [];
  await follow({ keeping: inMemory(8) });
  await clock.until(() => handled.length === 3, 1_000);
  expect(handled).toEqual([9, 10, 11]);
});

it('reads the checkpoint again after a Fault, and goes on from there after a pause', async () => {
  let stored = 0;
  let isAway = true;
  await append(10);
  await follow({
    keeping: withWrites(async () => stored),
    handle: async (events) => {
      stored = events.at(-1)?.position ?? 0;
      note(events);
      // The commit was stored; its answer is lost.
      if (isAway) throw unreachable;
    },
  });
  await clock.advance(100);
  expect(handled).toEqual(positions(1, 10));
  isAway = false;
  await append(1);
  await clock.until(() => handled.length === 11, 2_000);
  expect(handled).toEqual(positions(1, 11));
});

it('survives a log that is away', async () => {
  await append(5);
  store.isAway = true;
  const reader = await follow({});
  await clock.advance(10_000);
  store.isAway = false;
  await clock.until(() => reader.position === 5, 2_000);
  expect(handled).toEqual(positions(1, 5));
});

it('stops at the event that its handler cannot take, and goes on behind it when told', async () => {
  await append(10);
  const skipped: number[] = [];
  const reader = await follow({
    handle: async (events) => {
      if (events.some(({ position }) => position === 7)) throw new Error('a bug');
      note(events);
    },
    passOver: async ({ position }) => {
      skipped.push(position);
    },
  });
  expect(await reader.skip()).toBe(false);
  await clock.until(() => reader.failed !== undefined, 1_000);
  expect(reader.failed).toEqual({
    position: 7,
    type: 'executor.registered',
    error: 'Error: a bug',
  });
  await clock.advance(300_000);
  expect(handled).toEqual(positions(1, 6));
  expect(reader.position).toBe(6);
  expect(told.filter((text) => text.startsWith('subscription stopped'))).toHaveLength(1);
  expect(await reader.skip()).toBe(true);
  await clock.until(() => reader.position === 10, 1_000);
  expect([handled, skipped, reader.failed]).toEqual([
    positions(1, 10).filter((position) => position !== 7),
    [7],
    undefined,
  ]);
});

it('answers everybody who asks for one skip', async () => {
  const gate = Promise.withResolvers<void>();
  await append(3);
  const reader = await follow({
    handle: async (events) => {
      if (events.some(({ position }) => position === 2)) throw new Error('a bug');
      note(events);
    },
    passOver: () => gate.promise,
  });
  await clock.until(() => reader.failed !== undefined, 1_000);
  const first = reader.skip();
  await clock.advance(10);
  const second = reader.skip();
  gate.resolve();
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(await reader.skip()).toBe(false);
});

it('has not stopped any more where another process has moved its checkpoint behind the event', async () => {
  let stored = 1;
  await append(2);
  const stopped = () =>
    follow({
      keeping: withWrites(async () => stored),
      handle: async () => {
        throw new Error('a bug');
      },
      passOver: async () => {
        throw new CheckpointMoved('by another process');
      },
    });
  const readers = [await stopped(), await stopped(), await stopped()] as const;
  const [skipping, looking, waiting] = readers;
  await clock.until(() => readers.every(({ failed }) => failed !== undefined), 1_000);
  await looking.lookAgain();
  expect(looking.failed).toBeDefined();
  stored = 2;
  await looking.lookAgain();
  expect(looking.failed).toBeUndefined();
  const skip = skipping.skip();
  await clock.until(() => readers.every(({ failed }) => failed === undefined), 60_000);
  expect([await skip, await waiting.skip()]).toEqual([false, false]);
});

it('gives up a skip if its checkpoint goes back and another event fails first, and pauses there', async () => {
  let tries = 0;
  await append(2);
  const reader = await follow({
    // As if a backup were put back after the skip was asked for.
    keeping: withWrites(async () => (tries === 0 ? 1 : 0)),
    handle: async () => {
      tries += 1;
      throw new Error('a bug');
    },
    passOver: async () => {
      throw unreachable;
    },
  });
  await clock.until(() => reader.failed?.position === 2, 1_000);
  const skip = reader.skip();
  await clock.until(() => reader.failed?.position === 1, 5_000);
  expect(await skip).toBe(false);
  const before = tries;
  await clock.advance(20_000);
  expect(tries).toBe(before);
});

it('leaves nobody waiting for a skip when it is told to stop', async () => {
  await append(1);
  const reader = await follow({
    handle: async () => {
      throw new Error('a bug');
    },
    passOver: async () => {
      throw unreachable;
    },
  });
  await clock.until(() => reader.failed !== undefined, 1_000);
  const skip = reader.skip();
  await clock.advance(100);
  await reader.stop();
  expect(await skip).toBe(false);
});

it('told to stop at an event that it cannot take, does not count it as handled', async () => {
  const checkpoints = new MemoryCheckpoints();
  await append(10);
  const reader = await follow({
    keeping: atLeastOnce(checkpoints, 'reader'),
    handle: async (events) => {
      if (events.some(({ position }) => position === 7)) throw new Error('a bug');
      note(events);
    },
  });
  await clock.until(() => reader.failed !== undefined, 1_000);
  await reader.stop();
  expect(reader.position).toBe(6);
  expect(await checkpoints.load('reader')).toMatchObject({ position: 6 });
});

it('goes on by itself if what the event failed for is gone', async () => {
  let isBroken = true;
  await append(3);
  const reader = await follow({
    handle: async (events) => {
      if (isBroken) throw new Error('a bug');
      note(events);
    },
  });
  await clock.until(() => reader.failed !== undefined, 1_000);
  isBroken = false;
  await clock.until(() => reader.position === 3, 60_000);
  expect(reader.failed).toBeUndefined();
});

it('rests between batches that are not full, until somebody is in a hurry', async () => {
  const reader = await follow({ restMs: () => 1_000 });
  await append(1);
  await clock.until(() => handled.length === 1, 500);
  await append(1);
  await clock.advance(500);
  expect(handled).toEqual([1]);
  reader.hurry();
  await clock.advance(10);
  expect(handled).toEqual([1, 2]);
});

it('pulls until there is enough, and says up to where', async () => {
  await append(20);
  const { tail } = logProcess(store, clock);
  const abort = new AbortController();
  const take = async (events: readonly RecordedEvent[]) => {
    note(events);
    return handled.includes(20);
  };
  expect(await pullLog(tail, { after: 4, abort: abort.signal }, take)).toEqual({
    position: 20,
    isAborted: false,
  });
  expect(handled).toEqual(positions(5, 20));
  const waiting = pullLog(tail, { after: 20, abort: abort.signal }, take);
  await clock.advance(1_000);
  abort.abort();
  expect(await waiting).toEqual({ position: 20, isAborted: true });
});

async function follow(options: Partial<SubscriptionOptions>): Promise<Subscription> {
  const { tail } = logProcess(store, clock);
  const logger = {
    warn: (_: object, text: string) => told.push(text),
    error: (_: object, text: string) => told.push(text),
  };
  const reader = new Subscription(
    { store, tail, timers: clock, logger },
    {
      name: 'reader',
      keeping: inMemory(0),
      handle: async (events) => note(events),
      ...options,
    },
  );
  running.push(reader);
  reader.start();
  return reader;
}

function note(events: readonly RecordedEvent[]): void {
  handled.push(...events.map(({ position }) => position));
}

function positions(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

async function append(count: number): Promise<void> {
  const origin = { tenant: defaultTenant, actor: 'system' };
  const events = new AnyEvents(count).take(count);
  for (const { event, plans } of events) {
    const stream = `run-${crypto.randomUUID()}` as const;
    await store.append([{ stream, expectedVersion: 0, events: [event], origin, plans }]);
  }
}
