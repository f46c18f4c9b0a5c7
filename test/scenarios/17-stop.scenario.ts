import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations, type RunDto, type ServerFile } from '#libs/api-contract';
import {
  eventually,
  freshDirectory,
  millrace,
  spawnMillrace,
  TestServer,
  writeFiles,
} from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

const dataDirOf = (name: string) => join(directory.path, name, '.millrace');
const cwdOf = (name: string) => join(directory.path, name);

/** A step that begins, and ends when it is told to; another one that comes behind it. */
function twoSteps(name: string): string {
  const file = (word: string) => join(cwdOf(name), word);
  return `name: two
steps:
  - id: first
    cmd: echo begun > ${file('begun')}; while [ ! -e ${file('end')} ]; do sleep 0.05; done
  - { id: second, depends_on: [first], cmd: echo second }
`;
}

/** The first of them alone. */
const oneStep = (name: string) => `${twoSteps(name).split('  - { id: second')[0]}`;

async function serverWithStep(
  name: string,
  env: Readonly<Record<string, string>> = {},
  yaml = twoSteps,
) {
  const dataDir = dataDirOf(name);
  const server = await TestServer.start({ dataDir, env });
  const { id } = await server.startRun({ yaml: yaml(name) });
  await eventually(() => existsSync(join(cwdOf(name), 'begun')) || undefined, 'the step has begun');
  return {
    server,
    id,
    release: () => writeFiles(cwdOf(name), { end: '' }),
    said: () => readFileSync(join(dataDir, 'server.out'), 'utf8'),
    stop: (...args: string[]) =>
      millrace(['--data-dir', dataDir, 'stop', ...args], { cwd: cwdOf(name) }),
    ended: new Promise<number | null>((done) => server.child.once('exit', done)),
  };
}

/** What becomes of the run with the next server. */
async function next(name: string, id: string): Promise<RunDto> {
  const server = await TestServer.start({ dataDir: dataDirOf(name) });
  const run = await server.finished(id);
  await server.stop();
  return run;
}

describe('a server that is told to end', { timeout: 120_000 }, () => {
  it('waits for what runs, says so, takes nothing new, and leaves what is queued for the next', async () => {
    const { server, id, release, said, ended } = await serverWithStep('drains');
    server.child.kill('SIGTERM');
    await eventually(
      () => said().includes('waiting for first of run 1') || undefined,
      'it says so',
    );
    const refused = await server.request('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        yaml: 'name: late\nsteps: [{ id: a, cmd: "true" }]',
        source: { kind: 'none' },
      }),
    });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'server.draining' });
    // Who only asks is answered.
    const during = await server.client.call(operations.showRun, { params: { id } });
    expect(during.status).toBe('running');
    release();
    expect(await ended).toBe(0);
    expect(readFileSync(join(server.dataDir, 'logs/server.log'), 'utf8')).toContain(
      'waiting for steps',
    );
    const run = await next('drains', id);
    expect(run.outcome).toBe('success');
    expect(run.steps.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
  });

  it('is waited for by a command that runs something, which says so and goes on with a new one', async () => {
    const { server, release, said, ended } = await serverWithStep('followed');
    const cwd = cwdOf('followed');
    writeFiles(cwd, { 'quick.yaml': 'name: quick\nsteps: [{ id: only, cmd: echo quick }]\n' });
    server.child.kill('SIGTERM');
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    const args = ['run', 'quick.yaml', '--source', 'none'];
    const following = spawnMillrace(args, { cwd, env: { MILLRACE_SANDBOX: 'process' } });
    let heard = '';
    following.stderr?.on('data', (chunk) => {
      heard += chunk;
    });
    const code = new Promise((done) => following.once('exit', done));
    await eventually(() => heard.includes('\n') || undefined, 'it says what it waits for');
    expect(heard).toBe(
      `the server (pid ${server.file.pid}) is shutting down; this waits until it has ended, then starts a new one\n`,
    );
    release();
    expect(await ended).toBe(0);
    expect(await code).toBe(0);
  });

  it('hears of a cancel meanwhile', async () => {
    const { server, id, said, ended } = await serverWithStep('cancelled');
    server.child.kill('SIGTERM');
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    await server.client.call(operations.cancelRun, { params: { id }, body: { force: true } });
    expect(await ended).toBe(0);
    expect((await next('cancelled', id)).outcome).toBe('cancelled');
  });

  it('ends at once by a second signal', async () => {
    const { server, id, said, ended } = await serverWithStep('twice', {
      MILLRACE_DRAIN_TIMEOUT: '1h',
    });
    server.child.kill('SIGTERM');
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    server.child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said()).toContain('ended before its time: first of run 1');
    expect((await next('twice', id)).steps[0]?.cause).toBe('worker-lost');
  });

  it('waits no longer than it may', async () => {
    const { server, id, said, ended } = await serverWithStep('late', {
      MILLRACE_DRAIN_TIMEOUT: '300ms',
    });
    server.child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(said()).toContain('ended before its time: first of run 1');
    expect((await next('late', id)).steps[0]?.cause).toBe('worker-lost');
  });
});

describe('millrace stop', { timeout: 120_000 }, () => {
  it('ends a server of `dev`, waits for what runs, and says what it waits for', async () => {
    const { id, release, stop, said, ended } = await serverWithStep('dev');
    const stopping = stop();
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    release();
    const answer = await stopping;
    expect(answer).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^the server \(pid \d+\) has ended\n {2}1 unfinished: the next `.*millrace.* dev .*` or `.*millrace.* run .*` goes on with them\n$/,
      ),
      stderr: expect.stringMatching(
        /^waiting for first of run 1 \(at most \d+ s; Ctrl-C stops waiting, not the server\)\n$/,
      ),
    });
    expect(await ended).toBe(0);
    expect((await next('dev', id)).outcome).toBe('success');
  });

  it('leaves nothing unsaid and nothing untrue of a run that ends meanwhile', async () => {
    const cwd = cwdOf('ends');
    const dataDir = dataDirOf('ends');
    const server = await TestServer.start({ dataDir });
    const [begun, end] = ['begun', 'end'].map((name) => join(cwd, name));
    writeFiles(cwd, {
      'one.yaml': `name: one
steps: [{ id: only, cmd: 'echo > ${begun}; while [ ! -e ${end} ]; do sleep 0.05; done; echo over' }]
`,
    });
    const args = ['--data-dir', dataDir];
    const following = millrace([...args, 'run', '--source', 'none', 'one.yaml'], { cwd });
    await eventually(() => existsSync(begun ?? '') || undefined, 'the step has begun');
    const stopping = millrace([...args, 'stop'], { cwd });
    const said = () => readFileSync(join(dataDir, 'server.out'), 'utf8');
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    writeFiles(cwd, { end: '' });
    const [followed, stopped] = await Promise.all([following, stopping]);
    expect(followed).toMatchObject({ code: 0, stderr: '' });
    expect(followed.stdout).toMatch(/over\n(.*\n)*.*run 1 of one: success in/);
    expect(stopped).toMatchObject({
      code: 0,
      stdout: `the server (pid ${server.file.pid}) has ended\n`,
    });
  });

  it('does not count a run that ends meanwhile and that nobody follows', async () => {
    const { release, stop, said, ended } = await serverWithStep('unfollowed', {}, oneStep);
    const stopping = stop('--json');
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    release();
    expect(JSON.parse((await stopping).stdout)).toMatchObject({ unfinishedRuns: 0 });
    expect(await ended).toBe(0);
  });

  it('does not wait where that is asked for', async () => {
    const { stop, server, ended } = await serverWithStep('now', { MILLRACE_DRAIN_TIMEOUT: '1h' });
    const answer = await stop('--now', '--json');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(answer.stdout)).toEqual({
      stopped: true,
      pid: server.file.pid,
      unfinishedRuns: 1,
    });
    expect(await ended).toBe(0);
  });

  it('only stops waiting by Ctrl-C: the steps that run end as they would', async () => {
    const { server, said, ended, release, id } = await serverWithStep('interrupted', {
      MILLRACE_DRAIN_TIMEOUT: '1h',
    });
    const child = spawnMillrace(['--data-dir', server.dataDir, 'stop'], { cwd: directory.path });
    const exit = new Promise((done) => child.once('exit', done));
    await eventually(() => said().includes('waiting for') || undefined, 'it waits');
    child.kill('SIGINT');
    expect(await exit).toBe(130);
    release();
    expect(await ended).toBe(0);
    const run = await next('interrupted', id);
    expect(run.steps[0]).toMatchObject({ id: 'first', outcome: 'success', attempts: [{}] });
  });

  it('has nothing to do where no server runs', async () => {
    const at = (...args: string[]) => millrace(['stop', ...args], { cwd: directory.path });
    expect(await at()).toEqual({
      code: 0,
      stdout: `no server runs in ${join(directory.path, '.millrace')}\n`,
      stderr: '',
    });
    expect(JSON.parse((await at('--json')).stdout)).toEqual({
      stopped: false,
      pid: null,
      unfinishedRuns: null,
    });
    expect(existsSync(join(directory.path, '.millrace'))).toBe(false);
    const address = await at('--server', 'http://127.0.0.1:1');
    expect([address.code, address.stderr]).toEqual([2, expect.stringContaining('[usage.invalid]')]);
  });

  it('may be asked for over the socket of the data directory alone', async () => {
    const { server, stop } = await serverWithStep('tcp');
    for (const [path, method] of [
      ['stop', 'POST'],
      ['work', 'POST'],
      ['server', 'GET'],
    ] as const) {
      const answer = await server.request(`/internal/v1/${path}`, { method });
      expect([path, answer.status]).toEqual([path, 403]);
    }
    expect((await stop('--now')).code).toBe(0);
  });
});

describe('millrace dev beside a server in the background', { timeout: 120_000 }, () => {
  const env = {
    MILLRACE_SANDBOX: 'process',
    MILLRACE_LISTEN: '127.0.0.1:0',
    MILLRACE_IDLE_EXIT: '1h',
  };
  const fileOf = (name: string): ServerFile | undefined => {
    const path = join(dataDirOf(name), 'server.json');
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
  };

  it('takes its place where nobody needs it', async () => {
    const cwd = cwdOf('idle');
    writeFiles(cwd, { 'q.yaml': 'name: quick\nsteps: [{ id: a, cmd: "true" }]\n' });
    expect((await millrace(['run', '--source', 'none', 'q.yaml'], { cwd, env })).code).toBe(0);
    expect(fileOf('idle')?.mode).toBe('background');
    const dev = spawnMillrace(['dev'], { cwd, env });
    await eventually(() => fileOf('idle')?.mode === 'foreground' || undefined, 'dev serves');
    expect((await millrace(['runs', '--json'], { cwd, env })).stdout).toContain(
      '"outcome":"success"',
    );
    const exit = new Promise((done) => dev.once('exit', done));
    dev.kill('SIGINT');
    expect(await exit).toBe(0);
  });

  it('says who works there, and leaves it', async () => {
    const cwd = cwdOf('busy');
    writeFiles(cwd, { 'two.yaml': twoSteps('busy') });
    const child = spawnMillrace(['run', '--source', 'none', 'two.yaml'], { cwd, env });
    await eventually(() => existsSync(join(cwd, 'begun')) || undefined, 'the step has begun');
    const file = fileOf('busy');
    const dev = await millrace(['dev'], { cwd, env });
    expect([dev.code, dev.stderr]).toEqual([
      3,
      expect.stringMatching(new RegExp(`pid ${file?.pid}.*millrace stop.*\\[data-dir\\.in-use\\]`)),
    ]);
    const exit = new Promise((done) => child.once('exit', done));
    writeFiles(cwd, { end: '' });
    expect(await exit).toBe(0);
    expect(fileOf('busy')).toEqual(file);
  });
});
