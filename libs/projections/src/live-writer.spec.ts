import { afterEach, beforeEach, expect, it } from 'vitest';
import { PlanCache } from '#libs/event-store';
import { defaultTenant } from '#libs/events';
import {
  AnyEvents,
  SimulatedLog,
  startTestPostgres,
  type TestDatabase,
  VirtualClock,
} from '#libs/testkit';
import { readCheckpoints } from './checkpoints.ts';
import { LiveWriter } from './live-writer.ts';
import { createMissing, findTables, placeModel } from './place-model.ts';
import { ReadModel } from './read-model.ts';
import { runListProjection } from './run-list.projection.ts';
import { readSkips } from './skips.ts';

let database: TestDatabase;
let log: SimulatedLog;
let writer: LiveWriter;
let model: ReadModel;

beforeEach(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  const pool = database.appPool(2);
  const clock = new VirtualClock();
  log = new SimulatedLog(clock);
  writer = new LiveWriter({ pool, plans: new PlanCache(log), timers: clock });
  model = new ReadModel(runListProjection);
  await createMissing(pool, [model], await log.head());
  placeModel(model, await findTables({ pool, store: log }, [model]));
  const origin = { tenant: defaultTenant, actor: 'system' };
  for (const { event, plans } of new AnyEvents(1).take(10)) {
    const stream = `run-${crypto.randomUUID()}` as const;
    await log.append([{ stream, expectedVersion: 0, events: [event], origin, plans }]);
  }
});
afterEach(() => database.close());

it('refuses a batch that begins behind the next event: the model stands where it stood', async () => {
  const batch = await log.readLog({ after: 4, limit: 10 });
  expect(await writer.write([model], batch)).toEqual([model]);
  await expect(writer.writeOne(model, batch)).rejects.toThrow('would miss events');
  expect([model.position, await storedPosition()]).toEqual([0, 0]);
});

it('stores which event it passed over with the checkpoint, for the next life', async () => {
  const failed = { position: 1, type: 'run.queued', error: 'a bug' };
  await writer.passOver(model, failed);
  expect([...model.skips]).toEqual([1]);
  expect(await readSkips(database.appPool(1), runListProjection)).toEqual(model.skips);
  expect([model.position, await storedPosition()]).toEqual([1, 1]);
});

async function storedPosition(): Promise<number | undefined> {
  return (await readCheckpoints(database.appPool(1))).get(model.name)?.position;
}
