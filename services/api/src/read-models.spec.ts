import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { allPermissions } from '#libs/api-contract';
import { applicationPorts } from '#libs/application-adapters';
import { InProcessLogSignal, type LogTail, PlanCache, StoreLogTail } from '#libs/event-store';
import { defaultTenant } from '#libs/events';
import type { Pool } from '#libs/postgres';
import { Projector } from '#libs/projections';
import { silentLogger } from '#libs/telemetry';
import {
  AnyEvents,
  MemoryEventStore,
  memoryApplication,
  runRequest,
  startTestPostgres,
  type TestDatabase,
} from '#libs/testkit';
import { openReadModels } from './read-models.ts';

const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const timers = {
  after(delayMs: number, callback: () => void) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
let database: TestDatabase;
let pool: Pool;
let running: Projector[];

beforeEach(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  pool = database.appPool(4);
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((projector) => projector.stop()));
  await database.close();
});

it('while the queue is built, the others are read at once and a run may be started', async () => {
  const { ports, gate, position } = await open(`delete from projection_checkpoints
    where name = 'queue'`);
  const { readModels, capacity } = ports;
  const query = { limit: 10 };
  const startMs = performance.now();
  for (const list of ['listRuns', 'listPipelines'] as const) {
    await readModels.seeOwnWrites(list);
    expect((await readModels[list](defaultTenant, query)).items).not.toEqual([]);
  }
  await readModels.seeOwnWrites('listExecutors');
  await readModels.listExecutors(defaultTenant, { ...query, all: true });
  await readModels.seeOwnWrites('showRun');
  const [{ id = '' } = {}] = (await readModels.listRuns(defaultTenant, query)).items;
  expect(await readModels.showRun(id)).toMatchObject({ id });
  await readModels.seeOwnWrites('listQueue');
  const list = () => readModels.listQueue(defaultTenant, query);
  await expect(list()).rejects.toMatchObject({
    code: 'read-models.not-ready',
    message: 'read model queue is being built',
  });
  expect(performance.now() - startMs).toBeLessThan(900);

  const { application } = memoryApplication([], (usual) => ({
    capacity: { ...usual.capacity, queuedSteps: capacity.queuedSteps },
  }));
  const origin = { tenant: defaultTenant, actor: 'user:admin' };
  const caller = { origin, permissions: allPermissions };
  const request = runRequest({ yaml: 'name: p\nsteps: [{ id: a, cmd: x }]\n' });
  expect(await application.startRun.execute(caller, request)).toMatchObject({ ok: true });

  gate.resolve();
  expect(await readModels.waitFor(position, 20_000, 'listRuns')).toBe(true);
  await vi.waitFor(list, 20_000);
});

it('while one catches up, only who reads it waits', async () => {
  // More than a batch behind, it follows by itself.
  const { ports, gate, position } = await open(
    `update projection_checkpoints set position = 1 where name = 'pipelines'`,
  );
  const { readModels } = ports;
  expect(await readModels.waitFor(position, 0, 'listRuns')).toBe(true);
  expect(await readModels.waitFor(position, 20, 'listPipelines')).toBe(false);
  const startMs = performance.now();
  await readModels.seeOwnWrites('listQueue');
  expect(performance.now() - startMs).toBeLessThan(500);
  gate.resolve();
});

/**
 * Read models whose tables were whole until something was done to them. The log is longer than what a build or a batch takes at
 * once: who is behind stays there until the gate opens.
 */
async function open(spoil: string, count = 4_200) {
  const store = new MemoryEventStore(clock, { incarnation: crypto.randomUUID() });
  const signal = new InProcessLogSignal(timers);
  const tail = new StoreLogTail({ store, signal, timers });
  const plans = new PlanCache(store);
  const parts = { pool, store, plans, timers, logger: silentLogger };
  const first = new Projector({ ...parts, tail });
  running.push(first);
  await first.start();
  const versions = new Map<string, number>();
  for (const { stream, event, plans: known } of new AnyEvents(3).take(count)) {
    const expectedVersion = versions.get(stream) ?? 0;
    versions.set(stream, expectedVersion + 1);
    const origin = { tenant: defaultTenant, actor: 'system' };
    await store.append([{ stream, expectedVersion, events: [event], origin, plans: known }]);
  }
  signal.notify(count);
  expect(await first.waitFor(count, 20_000)).toBe(true);
  await first.stop();
  await database.ownerPool.query(spoil);

  const gate = Promise.withResolvers<void>();
  const held: LogTail = {
    position: count,
    async *follow(after, options) {
      if (after < count) await gate.promise;
      yield* tail.follow(after, options);
    },
  };
  const projector = new Projector({ ...parts, tail: held });
  running.push(projector);
  await projector.start();
  const read = openReadModels({ pool, plans, projector });
  const ports = applicationPorts({
    config: {},
    pool,
    log: { tail: held, store, plans },
    readModels: read.models,
    capacity: { queuedSteps: read.queuedSteps, presentExecutors: read.presentExecutors },
    runs: {},
    clock,
  } as unknown as Parameters<typeof applicationPorts>[0]);
  return { ports, gate, position: count };
}
