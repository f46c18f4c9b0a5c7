import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import { PgSnapshotStore } from './pg-snapshot-store.ts';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';

const snapshot = (position: number): StoredSnapshot => ({
  incarnation: '11111111-1111-4111-8111-111111111111',
  foldVersion: 3,
  snapshot: {
    position,
    epochs: [[0, 2, 1]],
    executors: [],
    runs: [],
    pastHomes: [['22222222-2222-4222-8222-222222222222', { executorId: 'e', name: 'é "quoted"' }]],
  },
});

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());

describe.each<[string, () => SnapshotStore]>([
  ['PgSnapshotStore', () => new PgSnapshotStore(database.appPool(1))],
  ['MemorySnapshotStore', () => new MemorySnapshotStore()],
])('%s', (_, make) => {
  it('keeps the newest snapshot of each shard', async () => {
    const store = make();
    expect(await store.load(0)).toBeUndefined();
    await store.save(0, snapshot(10_000));
    await store.save(1, snapshot(7));
    await store.save(0, snapshot(20_000));
    expect(await store.load(0)).toEqual(snapshot(20_000));
    expect(await store.load(1)).toEqual(snapshot(7));
  });
});

it('tells by a Fault that the database does not answer', async () => {
  const gone = { query: () => Promise.reject(new Error('connect ECONNREFUSED')) };
  const store = new PgSnapshotStore(gone as never);
  await expect(store.load(0)).rejects.toMatchObject({
    name: 'Fault',
    code: 'postgres.unreachable',
    retry: 'backoff',
  });
});
