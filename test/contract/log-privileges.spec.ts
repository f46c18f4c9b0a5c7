import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgEventStore } from '#libs/event-store';
import { defaultTenant, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import type { Pool } from '#libs/postgres';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';

let database: TestDatabase;
let app: Pool;
/** The table and every partition it has. */
let tables: readonly string[];
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
  app = database.appPool();
  await new PgEventStore(app).append([
    {
      stream: streamName('run', uuidFromName('one')),
      expectedVersion: 0,
      events: [{ type: 'run.cancel-requested', data: { by: 'user:admin', force: false } }],
      origin: { tenant: defaultTenant, actor: 'system', commandId: uuidFromName('command') },
    },
  ]);
  const { rows } = await database.ownerPool.query(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = 'events'::regclass`,
  );
  tables = ['events', ...rows.map(({ name }) => name)];
});
afterAll(() => database.close());

const insert = (table: string) => `
  insert into ${table} (position, recorded_at, stream, version, log_id, stream_kind, type, schema_version, tenant, actor, data)
  values (2, now(), gen_random_uuid(), 1, 0, 2, 20, 1, '${defaultTenant}', 'x', '{}')`;
const writes = (table: string) => [
  insert(table),
  `update ${table} set actor = 'somebody else'`,
  `delete from ${table}`,
  `truncate ${table}`,
];

async function expectRefused(pool: Pool, text: string): Promise<void> {
  await expect(pool.query(text), text).rejects.toMatchObject({ code: '42501' });
}

/** What a partition does not take over from its parent. */
const partitionFacts = `
  select c.relname, pg_get_userbyid(c.relowner) as owner,
     exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'refuse_log_change'::regproc
       and t.tgenabled = 'A' and t.tgtype & (4 | 8 | 16 | 32 | 2) = (4 | 8 | 16 | 32 | 2)) as guarded,
     exists (select from pg_indexes i where i.tablename = c.relname
       and i.indexdef ~ 'UNIQUE.*\\(stream, version, stream_kind\\)') as indexed
   from pg_class c where c.oid = any ($1::regclass[]) and c.relkind = 'r'`;

describe('the log', () => {
  it('has partitions to look at', () => {
    expect(tables.length).toBeGreaterThanOrEqual(3);
  });

  it('is written by nobody but its function: the application', async () => {
    for (const text of tables.flatMap(writes)) await expectRefused(app, text);
    await expectRefused(app, 'alter table events disable trigger all');
    await expectRefused(app, 'set role millrace_log');
  });

  it('… the owner of the database, even as a superuser or as the owner of the log', async () => {
    for (const text of tables.flatMap(writes)) await expectRefused(database.ownerPool, text);
    for (const text of tables.flatMap(writes)) {
      await expectRefused(database.ownerPool, `set local role millrace_log; ${text}`);
    }
    await expectRefused(database.ownerPool, 'truncate plans');
    await expectRefused(database.ownerPool, 'delete from plans');
    const { rows } = await database.ownerPool.query('select count(*) from events');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('… a superuser whose session says that it replicates, which passes over ordinary triggers', async () => {
    for (const text of [...tables.flatMap(writes), 'truncate plans', 'delete from plans']) {
      await expectRefused(
        database.ownerPool,
        `set local session_replication_role = replica; ${text}`,
      );
    }
    const { rows } = await database.ownerPool.query('select count(*) from events');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('… a superuser, in a partition that a later migration makes', async () => {
    const client = await database.ownerPool.connect();
    await client.query(`
      begin;
      alter table events detach partition events_p1;
      create table events_p2 partition of events for values from (100000000) to (200000000);
      select guard_events_partition_v1('events_p2');
      select guard_events_partition_v1('events_p2')`);
    const { rows } = await client.query(partitionFacts, [['events_p2']]);
    expect(rows).toEqual([
      { relname: 'events_p2', owner: 'millrace_log', guarded: true, indexed: true },
    ]);
    for (const text of writes('events_p2')) {
      await client.query('savepoint before; set local session_replication_role = replica');
      await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' });
      await client.query('rollback to savepoint before');
    }
    await client.query('rollback');
    client.release();
  });

  it('… any role that can log in', async () => {
    const { rows } = await database.ownerPool.query(
      `select r.rolname, t.name, p.privilege from pg_roles r, unnest($1::text[]) as t (name),
         unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as p (privilege)
       where r.rolcanlogin and not r.rolsuper and has_table_privilege(r.oid, t.name, p.privilege)`,
      [tables],
    );
    expect(rows).toEqual([]);
  });

  it('has owner, trigger and stream index on every partition', async () => {
    const { rows } = await database.ownerPool.query(partitionFacts, [tables]);
    expect(rows).toHaveLength(tables.length - 1);
    for (const row of rows) {
      expect(row).toMatchObject({ owner: 'millrace_log', guarded: true, indexed: true });
    }
  });

  it('gives the application what stands beside it to read only', async () => {
    for (const table of ['streams', 'commands', 'plans', 'log_identity', 'scheduler_epochs']) {
      await app.query(`select * from ${table}`);
      await expectRefused(app, `delete from ${table}`);
    }
  });
});

describe('the append function', () => {
  it('runs as the owner of the log, with a pinned search path, and is not everybody’s', async () => {
    const { rows } = await database.ownerPool.query(
      `select prosecdef, provolatile, proconfig, pg_get_userbyid(proowner) as owner,
         has_function_privilege('public', oid, 'execute') as public from pg_proc where proname = 'append_v1'`,
    );
    expect(rows).toEqual([
      {
        prosecdef: true,
        provolatile: 'v',
        proconfig: expect.arrayContaining(['search_path=public, pg_temp']),
        owner: 'millrace_log',
        public: false,
      },
    ]);
  });

  it('is not fooled by a table of the same name', async () => {
    const client = await app.connect();
    await client.query('create temp table streams (like public.streams including all)');
    const store = new PgEventStore({
      connect: async () => ({ query: client.query.bind(client), release: () => {} }),
    } as unknown as Pool);
    const stream = streamName('run', uuidFromName('two'));
    const append = {
      stream,
      expectedVersion: 0,
      events: [{ type: 'run.cancel-requested', data: { by: 'user:admin', force: false } }] as const,
      origin: { tenant: defaultTenant, actor: 'system' },
    };
    expect((await store.append([append]))[0]).toMatchObject({ kind: 'appended' });
    expect((await store.append([append]))[0]).toMatchObject({ kind: 'conflict' });
    client.release(true);
  });
});

describe('what stands around the log', () => {
  it('forgets commands that expired, and only those', async () => {
    const forget = async () =>
      (await app.query('select forget_commands_v1(10) as count')).rows[0]?.count;
    expect(await forget()).toBe(0);
    await database.ownerPool.query(`update commands set expires_at = now() - interval '1 s'`);
    expect(await forget()).toBe(1);
  });

  it('counts runs for the application', async () => {
    const next = async () => (await app.query(`select nextval('run_numbers') as n`)).rows[0]?.n;
    expect([await next(), await next()]).toEqual([1, 2]);
  });

  it('lets the application write tables that later migrations make', async () => {
    await database.ownerPool.query('create table run_list (run_id uuid primary key)');
    await app.query('insert into run_list values (gen_random_uuid())');
    await app.query('delete from run_list');
    await expectRefused(app, 'drop table run_list');
  });
});
