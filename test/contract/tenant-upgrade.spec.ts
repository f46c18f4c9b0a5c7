import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PgEventStore } from '#libs/event-store';
import { defaultTenant, streamName } from '#libs/events';
import { uuidFromName } from '#libs/kernel';
import { migrate } from '#libs/postgres';
import { RunReader } from '#libs/projections';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';

const migrations = join(import.meta.dirname, '..', '..', 'migrations');
const runId = uuidFromName('run');

let before: string;
let database: TestDatabase;
beforeAll(async () => {
  before = mkdtempSync(join(tmpdir(), 'millrace-before-tenants-'));
  for (const name of readdirSync(migrations).filter((file) => file < '0036'))
    cpSync(join(migrations, name), join(before, name));
  database = await (await startTestPostgres()).freshDatabase({ migrationsDir: before });
});
afterAll(async () => {
  await database.close();
  rmSync(before, { recursive: true });
});

it('a run that was listed before rows had a tenant is found by the tenant of its log', async () => {
  const pool = database.appPool();
  const data = { by: 'user:admin', force: false };
  await new PgEventStore(pool).append([
    {
      stream: streamName('run', runId),
      expectedVersion: 0,
      events: [{ type: 'run.cancel-requested', data }],
      origin: { tenant: defaultTenant, actor: 'user:admin' },
    },
  ]);
  await pool.query('insert into read_models.run_list (run_id, number) values ($1, 7)', [runId]);
  await migrate(database.ownerPool, { dir: migrations });
  expect(await new RunReader(pool).findId(defaultTenant, '7')).toBe(runId);
  const { rows } = await pool.query(
    `select column_default from information_schema.columns
     where table_schema = 'read_models' and column_name = 'tenant'`,
  );
  expect(rows).toEqual(Array(4).fill({ column_default: null }));
});
