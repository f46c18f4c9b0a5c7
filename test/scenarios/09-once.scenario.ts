import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, TestServer, writeFiles } from './harness.ts';

const directory = freshDirectory();
const dataDir = `${directory.path}/data`;
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ dataDir });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const yaml = 'name: once\nsteps: [{ id: a, cmd: "true" }]';
interface Answer {
  readonly status: number;
  readonly id?: unknown;
  readonly number?: unknown;
  readonly position?: unknown;
}
const send = async (
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const response = await server.request(`/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as object) };
};
const start = (body: object, key?: string) =>
  send(
    'runs',
    { yaml, isolation: 'none', ...body },
    key === undefined ? {} : { 'idempotency-key': key },
  );
const countOfRuns = async () =>
  (await server.client.call(operations.listRuns, { query: { limit: 1000 } })).items.length;

describe('a request that comes twice', { timeout: 60_000 }, () => {
  it('with an Idempotency-Key has its effect once, also when both come at the same time', async () => {
    const before = await countOfRuns();
    const answers = await Promise.all(Array.from({ length: 8 }, () => start({}, 'same')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(
      new Set(answers.map(({ id, number, position }) => `${id} ${number} ${position}`)).size,
    ).toBe(1);
    expect(await start({}, 'same')).toEqual(answers[0]);
    // A number that was drawn and not used would be a run that nobody finds.
    expect((await start({})).number).toBe(Number(answers[0]?.number) + 1);
    expect(await countOfRuns()).toBe(before + 2);
  });

  it('with the key of another request is refused', async () => {
    await start({}, 'mine');
    expect(await start({ trigger: { ref: 'other' } }, 'mine')).toMatchObject({
      status: 422,
      code: 'request.idempotency-mismatch',
    });
  });

  it('with a key that is no key is refused', async () => {
    expect(await start({}, 'x'.repeat(256))).toMatchObject({
      status: 400,
      code: 'request.invalid',
    });
  });

  it('and was refused may be sent again when it is right: refusals are not remembered', async () => {
    const snapshot = { kind: 'snapshot', digest: `sha256:${'1'.repeat(64)}` };
    expect(await start({ source: snapshot }, 'later')).toMatchObject({ status: 404 });
    expect(await start({ source: snapshot }, 'later')).toMatchObject({ status: 404 });
    const keyed = { 'idempotency-key': 'put-right' };
    const invalid = { code: 'pipeline.invalid' };
    expect(await send('pipelines', { yaml: 'name: [' }, keyed)).toMatchObject(invalid);
    const right = { yaml: 'name: put-right\nsteps: [{ id: a, cmd: "true" }]' };
    expect(await send('pipelines', right, keyed)).toMatchObject({ status: 201 });
    const mismatch = { code: 'request.idempotency-mismatch' };
    expect(await send('pipelines', { yaml }, keyed)).toMatchObject(mismatch);
  });

  it('of another operation is another request, whatever its key', async () => {
    const run = await start({}, 'shared-key');
    await server.finished(String(run.id));
    const registered = await send('pipelines', { yaml }, { 'idempotency-key': 'shared-key' });
    expect(registered.status).toBe(201);
  });

  it('of another body or another thing is another request, for every operation', async () => {
    const key = { 'idempotency-key': 'one-thing' };
    const mismatch = { status: 422, code: 'request.idempotency-mismatch' };
    expect((await send('pipelines', { yaml }, key)).status).toBe(201);
    expect(await send('pipelines', { yaml: `${yaml}\n` }, key)).toMatchObject(mismatch);
    const slow = 'name: slow\nsteps: [{ id: a, cmd: sleep 600 }]';
    const [first, second] = await Promise.all([start({ yaml: slow }), start({ yaml: slow })]);
    const cancelled = await send(`runs/${first.id}/cancel`, {}, key);
    expect(cancelled.status).toBe(202);
    expect(await send(`runs/${first.id}/cancel`, {}, key)).toEqual(cancelled);
    expect(await send(`runs/${second.id}/cancel`, {}, key)).toMatchObject(mismatch);
    expect((await send(`runs/${second.id}/cancel`, {})).status).toBe(202);
    for (const { id } of [first, second])
      expect((await server.finished(String(id))).outcome).toBe('cancelled');
  });

  it('and found nothing to do gets its first answer, also when that would be refused by now', async () => {
    const cmd = 'trap "sleep 2; exit 1" TERM; echo up; while :; do sleep 0.1; done';
    const run = await start({
      yaml: `name: stubborn\nsteps: [{ id: a, cmd: ${JSON.stringify(cmd)} }]`,
    });
    await eventually(async () => {
      const lines = await server.log(String(run.id), 'a').catch((): readonly string[] => []);
      return lines.includes('up') || undefined;
    }, 'the step is up');
    const cancel = (key: string) => send(`runs/${run.id}/cancel`, {}, { 'idempotency-key': key });
    const [first, second] = [await cancel('stops-it'), await cancel('finds-it-stopping')];
    expect([first.status, second.status]).toEqual([202, 202]);
    await server.finished(String(run.id));
    expect(await cancel('stops-it')).toEqual(first);
    expect(await cancel('finds-it-stopping')).toEqual(second);
    expect((await cancel('comes-too-late')).status).toBe(409);
    expect((await cancel('comes-too-late')).status).toBe(409);
  });

  it('and registered what was registered registers nothing when it comes later', async () => {
    const [one, other] = ['a', 'b'].map((id) => `name: turns\nsteps: [{ id: ${id}, cmd: "true" }]`);
    const register = (text = '', key?: string) =>
      send('pipelines', { yaml: text }, key === undefined ? {} : { 'idempotency-key': key });
    expect(await register(one)).toMatchObject({ status: 201, version: 1 });
    const again = await register(one, 'same-again');
    expect(again).toMatchObject({ status: 201, version: 1 });
    expect(await register(other)).toMatchObject({ version: 2 });
    expect(await register(one, 'same-again')).toEqual(again);
    expect(await register(other)).toMatchObject({ version: 2 });
  });

  it('retries a run once, also when the workspace has gone on to the new run', async () => {
    const failed = await server.run({
      yaml: 'name: red\nsteps:\n  - { id: a, cmd: touch made }\n  - { id: b, depends_on: a, cmd: ls made && exit 1 }\n',
    });
    const retry = () =>
      send(`runs/${failed.id}/retry`, { failed: true }, { 'idempotency-key': 'retry-once' });
    const [first, second] = await Promise.all([retry(), retry()]);
    expect(first.status).toBe(201);
    expect(second.id).toBe(first.id);
    await server.finished(String(first.id));
    expect(await retry()).toEqual(first);
  });
});

describe('a trigger key', { timeout: 60_000 }, () => {
  it('starts one run, whoever brings it', async () => {
    const trigger = { key: 'push:repository/main:42' };
    const before = await countOfRuns();
    const answers = await Promise.all(Array.from({ length: 5 }, () => start({ trigger })));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    writeFiles(directory.path, { 'once.yaml': yaml });
    const cli = await millrace(
      [
        '--data-dir',
        dataDir,
        'run',
        '--json',
        '--source',
        'none',
        '--key',
        trigger.key,
        'once.yaml',
      ],
      { cwd: directory.path },
    );
    expect(cli.code).toBe(0);
    expect(JSON.parse(cli.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      run: answers[0]?.id,
      outcome: 'success',
    });
    expect(await countOfRuns()).toBe(before + 1);
    expect((await start({ trigger: { key: 'push:repository/main:43' } })).id).not.toBe(
      answers[0]?.id,
    );
  });

  it('starts one run, whatever Idempotency-Key comes with it', async () => {
    const trigger = { key: 'push:repository/main:44' };
    const first = await start({ trigger });
    expect(await start({ trigger }, 'of-one-sender')).toEqual(first);
    expect(await start({ trigger }, 'of-another')).toEqual(first);
    expect(
      await start({ trigger: { key: 'push:repository/main:45' } }, 'of-another'),
    ).toMatchObject({ status: 422 });
  });

  it.each(['x', 'a:b', ':a:b', 'a:b:', 'a b:c:d', 'a:b:c d'])('%j is none', async (key) => {
    expect(await start({ trigger: { key } })).toMatchObject({
      status: 400,
      code: 'request.invalid',
    });
  });
});

describe('after a restart', { timeout: 60_000 }, () => {
  it('what was answered is answered again', async () => {
    const byKey = await start({}, 'across');
    const byTrigger = await start({ trigger: { key: 'a:b:c' } });
    await server.kill();
    server = await TestServer.start({ dataDir });
    expect(await start({}, 'across')).toEqual(byKey);
    expect(await start({ trigger: { key: 'a:b:c' } })).toEqual(byTrigger);
    expect(await start({ inputs: {}, trigger: { ref: 'x' } }, 'across')).toMatchObject({
      status: 422,
    });
    await server.finished(String(byKey.id));
  });
});
