import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ChaosProxy, startTestPostgres, type TestDatabase } from '#libs/testkit';
import { openPool, type Pool } from './pool.ts';
import { isPassingError } from './postgres-errors.ts';

let database: TestDatabase;
let proxy: ChaosProxy;
let pool: Pool;
beforeAll(async () => {
  database = await (await startTestPostgres()).freshDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  const { host, port } = database.poolConfig();
  proxy = await ChaosProxy.start({ path: `${host}/.s.PGSQL.${port}` });
  const config = { ...database.poolConfig(), host: '127.0.0.1', port: proxy.port };
  pool = openPool(config, { max: 3, applicationName: 'frozen', answerWithinMs: 1_000 });
});
afterEach(async () => {
  await pool.end();
  await proxy.close();
});

async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
const one = async (): Promise<unknown> => (await pool.query('select 1 as one')).rows;

it.each(['up', 'down', undefined] as const)(
  'gives up a connection that freezes (%s), and works by a new one',
  async (only) => {
    await Promise.all([one(), one(), one()]);
    expect(proxy.connections).toBe(3);
    proxy.freeze(only === undefined ? {} : { only });
    expect(isPassingError(await failure(one()))).toBe(true);
    // The other two froze as well, and nobody has to find that out by waiting.
    expect(await one()).toEqual([{ one: 1 }]);
  },
);

it('gives up a transaction that freezes', async () => {
  const client = await pool.connect();
  await client.query('begin');
  proxy.freeze();
  expect(isPassingError(await failure(client.query('select 1')))).toBe(true);
  expect(await failure(client.query('rollback'))).toBeInstanceOf(Error);
  client.release(true);
  expect(await one()).toEqual([{ one: 1 }]);
});

it('gives up a new connection that freezes, and works after the thaw', async () => {
  proxy.freeze({ alsoNew: true });
  expect(isPassingError(await failure(one()))).toBe(true);
  proxy.thaw();
  expect(await one()).toEqual([{ one: 1 }]);
});

it('works by a new connection after a cut and after half a close', async () => {
  await one();
  proxy.cut();
  await expect.poll(() => pool.totalCount).toBe(0);
  expect(await one()).toEqual([{ one: 1 }]);
  proxy.halfClose('down');
  await expect.poll(() => pool.totalCount).toBe(0);
  expect(await one()).toEqual([{ one: 1 }]);
});

it('has the server end what takes too long, and keeps a connection that is only slow', async () => {
  const error = await failure(pool.query('select pg_sleep(60)'));
  expect(error).toMatchObject({ code: '57014' });
  proxy.delay('down', 300);
  expect(await one()).toEqual([{ one: 1 }]);
  expect(proxy.connections).toBe(1);
});

it('has the kernel ask whether who is at the other end is still there', async () => {
  await one();
  const remote = `0100007F:${proxy.port.toString(16).toUpperCase().padStart(4, '0')}`;
  const connections = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , to]) => to === remote);
  // The timer that runs for a connection at rest: 02 is that of keepalive, 00 is none.
  expect(connections.map(([, , , , , timer]) => timer?.slice(0, 2))).toEqual(['02']);
});

it('reads a large answer for as long as it comes', async () => {
  const sql = `select repeat('x', 100000) as text from generate_series(1, 100)`;
  expect((await pool.query(sql)).rows).toHaveLength(100);
});
