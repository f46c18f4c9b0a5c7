import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PlanCache } from '#libs/event-store';
import { defaultTenant } from '#libs/events';
import {
  AnyEvents,
  logProcess,
  SimulatedLog,
  startTestPostgres,
  type TestDatabase,
} from '#libs/testkit';
import { Build } from './build.ts';
import { runListProjection } from './run-list.projection.ts';
import { readSkips } from './skips.ts';

const length = 60;
const clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
let database: TestDatabase;
let store: SimulatedLog;
let build: Build;
let turns: number;
let live: PromiseWithResolvers<void>;

/** Few enough events for a swap to be tried from the first on; the last one cannot be taken. */
beforeEach(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  store = new SimulatedLog(clock);
  const origin = { tenant: defaultTenant, actor: 'system' };
  for (const { event, plans } of new AnyEvents(1).take(length)) {
    const stream = `run-${crypto.randomUUID()}` as const;
    await store.append([{ stream, expectedVersion: 0, events: [event], origin, plans }]);
  }
  turns = 0;
  live = Promise.withResolvers();
  const projection = {
    ...runListProjection,
    handles: (await store.readLog({ after: length - 1, limit: 1 })).map(({ type }) => type),
    project({ position }: { readonly position: number }) {
      if (position === length) throw new Error('a bug');
      return [];
    },
  };
  const logger = { warn: () => {}, error: () => {} };
  const { tail } = logProcess(store, clock);
  build = new Build(
    {
      pool: database.appPool(2),
      ...{ store, tail, timers: clock, logger, plans: new PlanCache(store) },
    },
    {
      projection,
      isRebuild: false,
      livePosition: () => length,
      inTurn: (work) => {
        turns += 1;
        return work();
      },
      onLive: () => live.resolve(),
    },
  );
  build.start();
  await vi.waitFor(() => expect(build.failed?.position).toBe(length), 10_000);
});
afterEach(async () => {
  await build.stop(new Error('the end'));
  await database.close();
});

it('tries no swap before an event that it could not take: the live batches wait for each', async () => {
  expect([turns, build.position]).toEqual([1, length - 1]);
});

it('stores which event it passed over with the drafts, for the next life', async () => {
  await build.skip();
  await live.promise;
  expect(await readSkips(database.appPool(1), runListProjection)).toEqual(new Set([length]));
});
