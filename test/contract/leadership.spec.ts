import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Append, PgEventStore } from '#libs/event-store';
import { defaultTenant, streamName } from '#libs/events';
import { type LeaderLease, PgGuardedWrites, PgLeaderLeases } from '#libs/leases';
import { migrate } from '#libs/postgres';
import { namedUuid, startTestPostgres } from '#libs/testkit';

const migrations = join(import.meta.dirname, '..', '..', 'migrations');
const origin = { tenant: defaultTenant, actor: 'system' };

/** What tells the log that a leader was elected, and an append of that leader. */
const election = (
  { number: shard, epoch, holder }: LeaderLease,
  expectedVersion: number,
): Append => ({
  stream: streamName('scheduler', shard),
  expectedVersion,
  origin,
  events: [{ type: 'scheduler.leader-changed', data: { shard, epoch, holder } }],
});
const guarded = ({ number: shard, epoch }: LeaderLease, name: string): Append => ({
  stream: streamName('executor', namedUuid(name)),
  expectedVersion: 0,
  origin,
  events: [{ type: 'executor.drained', data: { by: 'user:admin' } }],
  guard: { shard, epoch },
});

it.each(['scheduler:0', 'sealer'])(
  'a leader of %s whose lease was taken is refused by the log and by the tables it guards',
  async (name) => {
    const database = await (await startTestPostgres()).freshDatabase();
    const pool = database.appPool();
    const [store, leases, writes] = [
      new PgEventStore(pool),
      new PgLeaderLeases(pool),
      new PgGuardedWrites(pool),
    ];
    await database.ownerPool.query('create table spec_table (holder text)');
    const elect = async (holder: string, version: number) => {
      const lease = await leases.claim(name, holder, await leases.read(name));
      if (lease === undefined) throw new Error(`${holder} does not lead`);
      await store.append([election(lease, version)]);
      return lease;
    };
    const write = (lease: LeaderLease) =>
      writes.write(lease, (client) =>
        client.query('insert into spec_table (holder) values ($1)', [lease.holder]),
      );
    const append = async (lease: LeaderLease, to: string) =>
      (await store.append([guarded(lease, to)]))[0]?.kind;

    const older = await elect('one', 0);
    expect([await append(older, 'a'), await write(older)]).toEqual(['appended', true]);
    const newer = await elect('two', 1);
    expect([await append(older, 'b'), await write(older)]).toEqual(['stale-epoch', false]);
    expect([await append(newer, 'c'), await write(newer)]).toEqual(['appended', true]);
    const { rows } = await pool.query('select holder from spec_table');
    expect(rows).toEqual([{ holder: 'one' }, { holder: 'two' }]);
    await database.close();
  },
);

it('leases and epochs from before names existed are carried over: no epoch falls', async () => {
  const before = mkdtempSync(join(tmpdir(), 'migrations-'));
  const files = readdirSync(migrations).filter((file) => file.endsWith('.sql') && file < '0040');
  for (const file of files) copyFileSync(join(migrations, file), join(before, file));
  const database = await (await startTestPostgres()).freshDatabase({ migrationsDir: before });
  await database.ownerPool.query(`
    insert into leader_leases (shard, holder, epoch, counter) values (0, 'old', 17, 900), (1, null, 4, 5);
    insert into scheduler_epochs (shard, epoch) values (0, 17), (1, 6), (2, 3)`);
  await migrate(database.ownerPool, { dir: migrations });
  const leases = new PgLeaderLeases(database.appPool());
  expect(await leases.read('scheduler:0')).toEqual({ holder: 'old', epoch: 17, counter: 900 });
  const claims = [
    await leases.claim('scheduler:0', 'new', { counter: 900 }),
    await leases.claim('scheduler:1', 'new', undefined),
    await leases.claim('scheduler:2', 'new', undefined),
    await leases.claim('sweeper', 'new', undefined),
  ];
  expect(claims).toMatchObject([
    { number: 0, epoch: 18 },
    { number: 1, epoch: 7 },
    { number: 2, epoch: 4 },
    { number: 1_000, epoch: 1 },
  ]);
  await database.close();
  rmSync(before, { recursive: true });
});
