import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded/embedded-postgres.ts';
import { canActAs, foreignPostgres } from './foreign-postgres.ts';
import { migrate } from './migrate.ts';
import { openPool, type Pool, type PoolConfig } from './pool.ts';

let server: EmbeddedPostgres;
let admin: Pool;
let dataDir: string;
let dir: string;
let pool: Pool;
let database = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'migrate-'));
  server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  admin = openPool(server.poolConfig(), { max: 1, applicationName: 'spec' });
});
afterAll(async () => {
  await admin.end();
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  database += 1;
  await admin.query(`create database spec_${database}`);
  dir = mkdtempSync(join(dataDir, 'files-'));
  pool = openPool(config(), { max: 2, applicationName: 'spec' });
});
afterEach(() => pool.end());

function config(): PoolConfig {
  return { ...server.poolConfig(), database: `spec_${database}` };
}

function file(name: string, sql: string): void {
  writeFileSync(join(dir, name), sql);
}

describe('migrate', () => {
  it('says why a database cannot be reached', async () => {
    const nowhere = openPool(
      { ...config(), database: 'not_there' },
      { max: 1, applicationName: 'spec' },
    );
    await expect(migrate(nowhere, { dir })).rejects.toMatchObject({
      code: 'postgres.unreachable',
      message: expect.stringContaining('database "not_there" does not exist'),
    });
    await nowhere.end();
  });

  it('says what its user lacks', async () => {
    await pool.query(
      `create role plain login password 'plain'; grant create on schema public to plain`,
    );
    file('0001_a.sql', 'create role another');
    const plain = openPool(
      { ...config(), user: 'plain', password: 'plain' },
      { max: 1, applicationName: 'spec' },
    );
    await expect(migrate(plain, { dir })).rejects.toMatchObject({
      code: 'postgres.migration-failed',
      message: expect.stringMatching(/0001_a\.sql: permission denied.*createrole/),
    });
    await plain.end();
  });

  it('applies each file once, in order, whatever comes later between them', async () => {
    file('0001_a.sql', 'create table a (n int)');
    file('0010_c.sql', 'insert into a values (10)');
    file('notes.txt', 'not sql');
    expect(await migrate(pool, { dir })).toEqual({
      applied: ['0001_a.sql', '0010_c.sql'],
      unknown: [],
    });
    file('0002_b.sql', 'insert into a values (2); insert into a values (3)');
    expect(await migrate(pool, { dir })).toEqual({ applied: ['0002_b.sql'], unknown: [] });
    expect(await migrate(pool, { dir })).toEqual({ applied: [], unknown: [] });
    expect((await pool.query('select n from a')).rows).toEqual([{ n: 10 }, { n: 2 }, { n: 3 }]);
  });

  it('leaves nothing of a file that fails, and goes on once it is right', async () => {
    file('0001_a.sql', 'create table a (n int)');
    file('0002_b.sql', 'create table b (n int); insert into nowhere values (1)');
    await expect(migrate(pool, { dir })).rejects.toMatchObject({
      code: 'postgres.migration-failed',
      message: expect.stringMatching(/^0002_b\.sql: .*nowhere/),
    });
    const { rows } = await pool.query(`select to_regclass('a') as a, to_regclass('b') as b`);
    expect(rows).toEqual([{ a: 'a', b: null }]);
    file('0002_b.sql', 'create table b (n int)');
    expect(await migrate(pool, { dir })).toEqual({ applied: ['0002_b.sql'], unknown: [] });
  });

  it('refuses a file that was changed after it had been applied', async () => {
    file('0001_a.sql', 'create table a (n int)');
    await migrate(pool, { dir });
    file('0001_a.sql', 'create table a (n bigint)');
    await expect(migrate(pool, { dir })).rejects.toMatchObject({
      code: 'postgres.migration-failed',
      message: expect.stringContaining('0001_a.sql was changed'),
    });
  });

  it('tolerates what a newer version applied', async () => {
    file('0001_a.sql', 'create table a (n int)');
    file('0002_b.sql', 'create table b (n int)');
    await migrate(pool, { dir });
    rmSync(join(dir, '0002_b.sql'));
    expect(await migrate(pool, { dir })).toEqual({ applied: [], unknown: ['0002_b.sql'] });
  });

  it('refuses two files with one number, and a folder that is not there', async () => {
    file('0001_a.sql', 'select 1');
    file('0001_b.sql', 'select 1');
    const failed = { code: 'postgres.migration-failed' };
    await expect(migrate(pool, { dir })).rejects.toMatchObject(failed);
    await expect(migrate(pool, { dir: join(dir, 'gone') })).rejects.toMatchObject(failed);
  });

  it('does the work once where several processes begin at the same time', async () => {
    file('0001_a.sql', 'create table a (n int)');
    for (let number = 2; number < 12; number += 1) {
      file(
        `${String(number).padStart(4, '0')}_b.sql`,
        `insert into a values (${number}); select pg_sleep(0.01)`,
      );
    }
    const program = `
      import { migrate, openPool } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))};
      const pool = openPool(${JSON.stringify(config())}, { max: 1, applicationName: 'other' });
      await migrate(pool, { dir: ${JSON.stringify(dir)} });
      await pool.end();`;
    const exits = [1, 2, 3].map(async () => {
      const child = spawn(
        process.execPath,
        [
          '--conditions=source',
          '--experimental-strip-types',
          '--input-type=module-typescript',
          '-e',
          program,
        ],
        { stdio: ['ignore', 'ignore', 'inherit'], cwd: import.meta.dirname },
      );
      return (await once(child, 'exit'))[0];
    });
    expect(await Promise.all(exits)).toEqual([0, 0, 0]);
    const { rows } = await pool.query('select count(*), count(distinct n) as distinct from a');
    expect(rows).toEqual([{ count: 10, distinct: 10 }]);
  });

  it('says when Postgres cannot be reached', async () => {
    const nowhere = openPool({ host: join(dir, 'gone') }, { max: 1, applicationName: 'spec' });
    await expect(migrate(nowhere, { dir })).rejects.toMatchObject({
      code: 'postgres.unreachable',
      retry: 'backoff',
    });
    await nowhere.end();
  });
});

describe('openPool', () => {
  it('reads int8 as numbers and bounds waiting for locks', async () => {
    const { rows } = await pool.query(
      `select 9007199254740991::int8 as large, count(*), current_setting('lock_timeout') as lock,
         current_setting('idle_in_transaction_session_timeout') as idle from pg_roles where false`,
    );
    expect(rows).toEqual([{ large: 9007199254740991, count: 0, lock: '8s', idle: '10s' }]);
  });

  it('outlives the end of its connections, idle and busy', async () => {
    const client = await pool.connect();
    await pool.query('select 1');
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      `spec_${database}`,
    ]);
    await expect(client.query('select 1')).rejects.toThrow();
    client.release(true);
    await vi.waitFor(() => expect(pool.totalCount).toBe(0), 10_000);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('foreignPostgres', () => {
  it('acts as a role where its user may', async () => {
    await admin.query('create role spec_app');
    await admin.query(`create role spec_plain login password 'plain'`);
    const host = encodeURIComponent(server.poolConfig().host ?? '');
    const url = (login: string) => `postgres://${login}@${host}/spec_${database}`;
    const owner = foreignPostgres(url(`millrace:${server.poolConfig().password}`));
    const app = openPool(owner.poolConfig('spec_app'), { max: 1, applicationName: 'spec' });
    const { rows } = await app.query('select current_user, session_user');
    expect(rows).toEqual([{ current_user: 'spec_app', session_user: 'millrace' }]);
    await app.end();
    expect(await canActAs(pool, 'spec_app')).toBe(true);
    expect(await canActAs(pool, 'nobody_here')).toBe(false);
    const plain = openPool(foreignPostgres(url('spec_plain:plain')).poolConfig(), {
      max: 1,
      applicationName: 'spec',
    });
    expect(await canActAs(plain, 'spec_app')).toBe(false);
    await plain.end();
    await owner.stop();
  });
});
