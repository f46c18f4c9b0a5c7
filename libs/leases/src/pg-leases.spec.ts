import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PoolClient } from '#libs/postgres';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import {
  guardedWritesContract,
  heartbeatsContract,
  leaderLeasesContract,
} from './leases.contract.ts';
import { PgGuardedWrites } from './pg-guarded-writes.ts';
import { PgHeartbeats } from './pg-heartbeats.ts';
import { PgLeaderLeases } from './pg-leader-leases.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  await database.ownerPool.query('create table guarded (place serial, value text)');
});
afterAll(() => database.close());

const empty = async () => {
  await database.ownerPool.query(
    'truncate leaderships, leader_leases, executor_heartbeats, guarded',
  );
};

leaderLeasesContract('PgLeaderLeases', async () => ({
  port: new PgLeaderLeases(database.appPool()),
  end: empty,
}));
guardedWritesContract<PoolClient>('PgGuardedWrites', async () => ({
  leases: new PgLeaderLeases(database.appPool()),
  guarded: new PgGuardedWrites(database.appPool()),
  add: async (client, value) => {
    await client.query('insert into guarded (value) values ($1)', [value]);
  },
  values: async () => {
    const { rows } = await database.ownerPool.query<{ value: string }>(
      'select value from guarded order by place',
    );
    return rows.map(({ value }) => value);
  },
  end: empty,
}));
heartbeatsContract('PgHeartbeats', async () => ({
  port: new PgHeartbeats(database.appPool()),
  end: empty,
}));

describe('a guarded write that begins while an election is being committed', () => {
  it('waits for it, and is refused', async () => {
    const leases = new PgLeaderLeases(database.appPool());
    const older = await leases.claim('notifier', 'one', undefined);
    if (older === undefined) throw new Error('one does not lead');
    const electing = await database.appPool().connect();
    await electing.query('begin');
    await electing.query(`update leaderships set epoch = epoch + 1 where name = 'notifier'`);
    const written = new PgGuardedWrites(database.appPool()).write(older, (client) =>
      client.query(`insert into guarded (value) values ('late')`),
    );
    const soon = new Promise((resolve) => setTimeout(() => resolve('nothing yet'), 200));
    expect(await Promise.race([written, soon])).toBe('nothing yet');
    await electing.query('commit');
    electing.release();
    expect(await written).toBe(false);
    const { rows } = await database.ownerPool.query('select from guarded');
    expect(rows).toHaveLength(0);
    await empty();
  });
});

it('starts above the newest epoch of the log', async () => {
  await database.ownerPool.query('insert into scheduler_epochs (shard, epoch) values (7, 41)');
  const leases = new PgLeaderLeases(database.appPool());
  expect(await leases.claim('scheduler:7', 'one', undefined)).toMatchObject({
    number: 7,
    epoch: 42,
  });
});

it('starts above the epoch of a process that knows no names yet', async () => {
  const leases = new PgLeaderLeases(database.appPool());
  await leases.claim('scheduler:8', 'one', undefined);
  await database.ownerPool.query(
    `update leader_leases set holder = 'old', epoch = 9, counter = counter + 1 where shard = 8`,
  );
  expect(await leases.read('scheduler:8')).toMatchObject({ holder: 'old', epoch: 9 });
  const next = await leases.claim('scheduler:8', 'two', await leases.read('scheduler:8'));
  expect(next).toMatchObject({ epoch: 10 });
  if (next !== undefined) expect(await leases.renew(next)).toBe(true);
});

it('says that Postgres does not answer', async () => {
  const gone = await (await startTestPostgres()).freshDatabase();
  const pool = gone.appPool();
  await gone.close();
  const unreachable = { code: 'postgres.unreachable', retry: 'backoff' };
  await expect(new PgHeartbeats(pool).readAll()).rejects.toMatchObject(unreachable);
  const lease = { name: 'notifier', number: 1_000, epoch: 1, holder: 'one' };
  const write = new PgGuardedWrites(pool).write(lease, async () => {});
  await expect(write).rejects.toMatchObject(unreachable);
});
