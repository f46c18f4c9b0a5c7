import { afterAll, beforeAll, expect, it } from 'vitest';
import { InProcessLogSignal, PgEventStore, StoreLogTail } from '#libs/event-store';
import { defaultTenant, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';

let database: TestDatabase;
let elsewhere: TestDatabase;
beforeAll(async () => {
  const postgres = await startTestPostgres();
  [database, elsewhere] = await Promise.all([postgres.freshDatabase(), postgres.freshDatabase()]);
});
afterAll(() => Promise.all([database.close(), elsewhere.close()]));

const appendOf = (name: string) => ({
  stream: streamName('run', uuidFromName(name)),
  expectedVersion: 0,
  events: [
    { type: 'run.cancel-requested', data: { by: 'user:admin', reason: name, force: false } },
  ] as const,
  origin: { tenant: defaultTenant, actor: 'system' },
});

async function openWrite(pool: Pool): Promise<() => Promise<void>> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query(
    'insert into leader_leases (shard, holder, epoch, counter) values (1, $1, 1, 1)',
    ['x'],
  );
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

it('does not make readers wait for write transactions that stay open elsewhere', async () => {
  const ends = [await openWrite(database.ownerPool), await openWrite(elsewhere.ownerPool)];
  const store = new PgEventStore(database.appPool());
  const timers = {
    after: (delayMs: number, callback: () => void) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const tail = new StoreLogTail({ store, signal: new InProcessLogSignal(timers), timers });
  const abort = new AbortController();
  const batches = tail.follow(0, { abort: abort.signal });
  await store.append([appendOf('one')]);
  expect((await batches.next()).value).toHaveLength(1);
  await store.append([appendOf('two'), appendOf('three')]);
  expect((await batches.next()).value?.map(({ position }) => position)).toEqual([2, 3]);
  abort.abort();
  await batches.return();
  for (const end of ends) await end();
});

it('lets readers read while an append is not committed yet', async () => {
  const store = new PgEventStore(database.appPool());
  const before = await store.head();
  const client = await database.ownerPool.connect();
  await client.query('begin');
  const held = new PgEventStore({
    connect: async () => ({ query: client.query.bind(client), release: () => {} }),
  } as unknown as Pool);
  expect(await held.append([appendOf('four')])).toMatchObject([{ kind: 'appended' }]);
  expect(await store.head()).toEqual(before);
  expect(await store.readLog({ after: before.position })).toEqual([]);
  const waiting = store.append([appendOf('five')]);
  await client.query('commit');
  client.release();
  const [five] = await waiting;
  expect(five).toMatchObject({ firstPosition: before.position + 2 });
});
