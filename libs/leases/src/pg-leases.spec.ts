import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import { heartbeatsContract, leaderLeasesContract } from './leases.contract.ts';
import { PgHeartbeats } from './pg-heartbeats.ts';
import { PgLeaderLeases } from './pg-leader-leases.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());

const empty = async () => {
  await database.ownerPool.query('truncate leader_leases, executor_heartbeats');
};

leaderLeasesContract('PgLeaderLeases', async () => ({
  port: new PgLeaderLeases(database.appPool()),
  end: empty,
}));
heartbeatsContract('PgHeartbeats', async () => ({
  port: new PgHeartbeats(database.appPool()),
  end: empty,
}));

it('starts above the newest epoch of the log', async () => {
  await database.ownerPool.query('insert into scheduler_epochs (shard, epoch) values (7, 41)');
  const leases = new PgLeaderLeases(database.appPool());
  expect(await leases.claim(7, 'one', undefined)).toMatchObject({ epoch: 42 });
});

it('says that Postgres does not answer', async () => {
  const gone = await (await startTestPostgres()).freshDatabase();
  const pool = gone.appPool();
  await gone.close();
  await expect(new PgHeartbeats(pool).readAll()).rejects.toMatchObject({
    code: 'postgres.unreachable',
    retry: 'backoff',
  });
});
