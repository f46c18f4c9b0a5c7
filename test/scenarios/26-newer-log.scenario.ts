import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestDatabase } from '#libs/testkit';
import { eventually, freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
const dataDir = join(directory.path, 'data');
const yaml = 'name: newer\nsteps:\n  - { id: a, cmd: echo done }\n';
let database: TestDatabase;
let server: TestServer | undefined;

const start = async () =>
  TestServer.start({ dataDir, env: { MILLRACE_DB_URL: database.url() }, args: ['--at-rest'] });
const working = async () => TestServer.start({ dataDir, env: { MILLRACE_DB_URL: database.url() } });

/** What a newer version of the server writes, by the owner of the log past its triggers. */
async function write(statement: string): Promise<void> {
  await database.ownerPool.query(
    `alter table events disable trigger all; alter table events_p0 disable trigger all; ${statement}`,
  );
}

beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterEach(() => server?.stop());
afterAll(async () => {
  await directory.remove();
  await database.close();
});

describe('a server that is older than its database', { timeout: 120_000 }, () => {
  it('says so in its log where only tables are newer, and works', async () => {
    await write(`insert into schema_migrations values (9001, '9001_later.sql', 'none')`);
    server = await working();
    expect(await server.run({ yaml })).toMatchObject({ outcome: 'success' });
    expect(readFileSync(join(dataDir, 'logs', 'server.log'), 'utf8')).toMatch(
      /"unknown":\["9001_later\.sql"\].*newer version/,
    );
  });

  it('ends with 3 when a newer one writes what it cannot read', async () => {
    server = await working();
    await write(`insert into events select position + 1, recorded_at, stream, version + 1, log_id,
      stream_kind, type, 99, correlation, null, tenant, actor, causation, traceparent, data
      from events order by position desc limit 1`);
    const { child } = server;
    expect(await eventually(() => child.exitCode ?? undefined, 'the server has ended')).toBe(3);
    expect(readFileSync(join(dataDir, 'server.out'), 'utf8')).toMatch(
      /error: this server is older than its log: event \d+ of type \S+ has version 99, this server knows \d+; start the newer version \[log\.newer\]/,
    );
  });

  it('is refused at its next start, before it accepts anything', async () => {
    for (const begin of [start, working])
      await expect(begin()).rejects.toThrow(
        /ended with 3: [\s\S]*older than its log: event \d+ of type/,
      );
    const env = { MILLRACE_DB_URL: database.url() };
    expect(
      await millrace(['runs', '--data-dir', dataDir], { cwd: directory.path, env }),
    ).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('[log.newer]') });
    await write(`update events set type = 999 where schema_version = 99`);
    await expect(working()).rejects.toThrow(/has type number 999, which this server does not know/);
  });
});
