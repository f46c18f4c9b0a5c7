import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { startTestPostgres } from '#libs/testkit';
import { freshDirectory, TestServer } from './harness.ts';

const directory = freshDirectory();
const dataDir = join(directory.path, 'data');
let url: string;
let server: TestServer;

beforeAll(async () => {
  const database = await (await startTestPostgres()).freshDatabase({ migrationsDir: noMigrations });
  url = database.url();
});
afterAll(async () => {
  await server?.stop();
  directory.remove();
});

/** The server makes what it needs in an empty database. */
const noMigrations = import.meta.dirname;
const yaml = 'name: own\nsteps:\n  - { id: a, cmd: echo kept }\n';

describe('a Postgres of one’s own', { timeout: 120_000 }, () => {
  it('serves as the embedded one does', async () => {
    server = await TestServer.start({ dataDir, env: { MILLRACE_DB_URL: url } });
    const run = await server.run({ yaml });
    expect(run).toMatchObject({ number: 1, outcome: 'success' });
    expect(existsSync(join(dataDir, 'pg'))).toBe(false);
  });

  it('holds everything when the server is killed', async () => {
    await server.kill();
    server = await TestServer.start({ dataDir, args: ['--db', url] });
    const first = await server.client.call(operations.showRun, { params: { id: '1' } });
    expect(first).toMatchObject({ outcome: 'success' });
    expect(await server.log(first.id, 'a')).toEqual(['kept']);
    expect(await server.run({ yaml })).toMatchObject({ number: 2, outcome: 'success' });
  });
});
