import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, TestServer, writeFiles } from './harness.ts';

/** The database refuses the next run to the read model of runs, as a fault of its code would. */
describe('while the read model of runs has stopped at an event', () => {
  const directory = freshDirectory();
  const dataDir = join(directory.path, '.millrace');
  let server: TestServer;
  let owner: pg.Client;
  const cli = (...args: readonly string[]) => millrace(args, { cwd: directory.path });

  beforeAll(async () => {
    server = await TestServer.start({ dataDir });
    writeFiles(directory.path, {
      'greet.yaml': 'name: greet\nsteps: [{ id: a, cmd: echo hello }]\n',
      'fail.yaml': 'name: fail\nsteps: [{ id: a, cmd: exit 1 }]\n',
    });
    expect((await cli('run', 'greet.yaml')).code).toBe(0);
    owner = await connectAsOwner(dataDir);
    await owner.query(
      'alter table read_models.run_list add constraint poison check (number < 2) not valid',
    );
  });
  afterAll(async () => {
    await owner.end();
    await server.stop();
    directory.remove();
  });

  it('a run is followed to its end, and the command ends as it did', async () => {
    const green = await cli('run', 'greet.yaml');
    expect([green.code, green.stdout]).toEqual([0, expect.stringContaining('hello')]);
    expect((await cli('run', 'fail.yaml')).code).toBe(1);
  });

  it('lists, numbers and `latest` are refused, and name the event and the commands', async () => {
    for (const path of ['runs', 'runs/2', 'runs/latest', 'queue']) {
      const answer = await server.request(`/api/v1/${path}`);
      expect([path, answer.status, await answer.json()]).toMatchObject([
        path,
        503,
        {
          code: 'read-models.stopped',
          detail: expect.stringMatching(/read model run-list stopped at event \d+ \(run\.queued\)/),
          hint: expect.stringContaining('millrace projections skip'),
        },
      ]);
    }
    const shown = await cli('show', 'latest');
    expect([shown.code, shown.stderr]).toEqual([
      3,
      expect.stringContaining('[read-models.stopped]'),
    ]);
  });

  it('the server is ready, and says which has stopped', async () => {
    const answer = await server.request('/readyz');
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      {
        status: 'ready',
        checks: { readModels: { ok: false, detail: expect.stringContaining('run-list') } },
      },
    ]);
    expect((await server.request('/metrics')).status).toBe(200);
  });

  it('a run is shown, cancelled and repeated by its uuid', async () => {
    const { id } = await server.startRun({ yaml: 'name: s\nsteps: [{ id: a, cmd: sleep 60 }]\n' });
    const params = { id };
    await server.client.call(operations.cancelRun, { params, body: { force: true } });
    const run = await server.finished(id);
    expect([run.outcome, run.steps[0]?.status]).toEqual(['cancelled', 'finished']);
    const again = await server.client.call(operations.retryRun, { params, body: {} });
    await server.client.call(operations.cancelRun, {
      params: { id: again.id },
      body: { force: true },
    });
    await server.finished(again.id);
  });

  it('it answers again when the event is skipped', async () => {
    await owner.query('alter table read_models.run_list drop constraint poison');
    expect((await cli('projections', 'skip', 'run-list')).code).toBe(0);
    await eventually(async () => (await cli('runs')).code === 0 || undefined, 'runs are listed');
  });
});

/** As the operator who mends what a read model cannot take. */
async function connectAsOwner(dataDir: string): Promise<pg.Client> {
  const [, , , port, host] = readFileSync(join(dataDir, 'pg/cluster/postmaster.pid'), 'utf8').split(
    '\n',
  );
  const password = readFileSync(join(dataDir, 'pg/password'), 'utf8').trim();
  const client = new pg.Client({
    ...(host === undefined || host === '' ? {} : { host }),
    port: Number(port),
    user: 'millrace',
    password,
    database: 'postgres',
  });
  await client.connect();
  return client;
}
