import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '#libs/api-client';
import { operations, type RunDto } from '#libs/api-contract';
import {
  eventually,
  freshDirectory,
  millrace,
  spawnMillrace,
  TestServer,
  writeFiles,
} from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    env: { MILLRACE_STOP_GRACE: '1s', MILLRACE_SLOTS: '2' },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const cancel = (id: string, body: { reason?: string; force?: boolean } = {}) =>
  server.client.call(operations.cancelRun, { params: { id }, body });

const show = (id: string): Promise<RunDto> =>
  server.client.call(operations.showRun, { params: { id } });

/** Waits until the step has printed its first line. */
const hasBegun = (id: string, step: string) =>
  eventually(async () => (await server.log(id, step)).length > 0 || undefined, `${step} prints`);

const start = async (cmd: string, step = 'wait') => {
  const run = await server.startRun({
    yaml: `name: cancelled\nsteps:\n  - id: ${step}\n    cmd: ${JSON.stringify(cmd)}\n  - { id: after, depends_on: ${step}, cmd: echo never }\n`,
  });
  await hasBegun(run.id, step);
  return run.id;
};

/** What happens when somebody wants a run to end. */
describe('cancel', { timeout: 60_000 }, () => {
  it('lets a step say its last words', async () => {
    const id = await start(
      `trap 'echo cleaning up; sleep 0.3; echo cleaned; exit 0' TERM; echo begun; sleep 600 & wait`,
    );
    expect(await cancel(id, { reason: 'no longer wanted' })).toEqual({
      position: expect.any(Number),
    });
    const run = await server.finished(id);
    expect(run).toMatchObject({ outcome: 'cancelled', failedSteps: [] });
    expect(run.cancel).toMatchObject({ by: 'user:admin', reason: 'no longer wanted' });
    expect(run.steps).toMatchObject([
      { id: 'wait', status: 'finished', outcome: 'cancelled', cause: 'cancelled' },
      { id: 'after', status: 'skipped', outcome: 'skipped', skipReason: 'cancelled', attempts: [] },
    ]);
    expect(await server.log(id, 'wait')).toEqual(['begun', 'cleaning up', 'cleaned']);
    const events = await server.client.call(operations.listRunEvents, { params: { id } });
    expect(events.items.find(({ type }) => type === 'run.cancel-requested')?.data).toEqual({
      by: expect.any(String),
      reason: 'no longer wanted',
      force: false,
    });
  });

  it('kills what ignores TERM when its grace is over, children and all', async () => {
    const id = await start(
      `trap '' TERM; (trap '' TERM; while :; do sleep 0.05; done) & echo child $!; while :; do sleep 0.05; done`,
    );
    const child = Number((await server.log(id, 'wait'))[0]?.split(' ')[1]);
    expect(isAlive(child)).toBe(true);
    await cancel(id);
    const run = await server.finished(id);
    expect(run.outcome).toBe('cancelled');
    await eventually(() => !isAlive(child) || undefined, 'the child is gone');
  });

  it('kills at once where it is forced, also after a first polite wish', async () => {
    const patient = await start(`trap 'echo heard; sleep 600' TERM; echo begun; sleep 600 & wait`);
    await cancel(patient);
    await cancel(patient, { force: true });
    expect((await server.finished(patient)).outcome).toBe('cancelled');

    const id = await start(`trap 'echo heard' TERM; echo begun; while :; do sleep 0.05; done`);
    await cancel(id, { force: true });
    expect((await server.finished(id)).outcome).toBe('cancelled');
    expect(await server.log(id, 'wait')).toEqual(['begun']);
  });

  it('ends a run that still waits at once', async () => {
    const busy = await Promise.all([
      start('echo begun; sleep 600', 'one'),
      start('echo begun; sleep 600', 'two'),
    ]);
    const { id } = await server.startRun({
      yaml: 'name: waiting\nsteps: [{ id: late, cmd: echo never }]',
    });
    expect((await show(id)).status).toBe('queued');
    await cancel(id);
    const run = await show(id);
    expect(run).toMatchObject({ status: 'finished', outcome: 'cancelled', startedAt: null });
    expect(run.steps).toMatchObject([{ status: 'skipped', skipReason: 'cancelled', attempts: [] }]);
    for (const other of busy) await cancel(other, { force: true });
    for (const other of busy) expect((await server.finished(other)).outcome).toBe('cancelled');
  });

  it('answers the same where it is wished for again, and refuses where the run has ended', async () => {
    const id = await start(`trap 'sleep 1; exit 1' TERM; echo begun; sleep 600 & wait`);
    await cancel(id);
    await cancel(id);
    await server.finished(id);
    const done = await server.run({ yaml: 'name: done\nsteps: [{ id: a, cmd: "true" }]' });
    for (const ended of [id, done.id]) {
      const refusal = await cancel(ended).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ProblemError);
      const { problem } = refusal as ProblemError;
      expect(problem).toMatchObject({ status: 409, code: 'run.already-finished' });
    }
    const { items } = await server.client.call(operations.listRunEvents, { params: { id } });
    expect(items.filter(({ type }) => type === 'run.cancel-requested')).toHaveLength(1);
  });

  it('by the command line: the run that is watched ends with 4', async () => {
    const id = await start(`echo begun; sleep 600`);
    const args = ['--data-dir', server.dataDir];
    const watched = millrace([...args, 'watch', id], { cwd: directory.path });
    const answer = await millrace([...args, 'cancel', 'latest', '--reason', 'enough'], {
      cwd: directory.path,
    });
    const stdout = `cancel of run ${(await show(id)).number} is on its way\n`;
    expect(answer).toEqual({ code: 0, stdout, stderr: '' });
    expect((await watched).code).toBe(4);
  });

  it('by Ctrl-C: the first cancels, the second forces', async () => {
    const file = `${directory.path}/stubborn.yaml`;
    writeFileSync(
      file,
      `name: stubborn\nsteps:\n  - id: wait\n    cmd: |\n      trap 'echo heard' TERM\n      echo begun\n      while :; do sleep 0.05; done\n`,
    );
    const child = spawnMillrace(['--data-dir', server.dataDir, 'run', '--source', 'none', file], {
      cwd: directory.path,
    });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
    const ended = new Promise((done) => child.once('exit', done));
    await eventually(() => out.includes('│ begun\n') || undefined, 'the step runs');
    child.kill('SIGINT');
    await eventually(() => out.includes('cancelling') || undefined, 'the first is heard');
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    const run = await show('latest');
    expect(run).toMatchObject({ pipeline: 'stubborn', outcome: 'cancelled' });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('Ctrl-C before there is a run', { timeout: 60_000 }, () => {
  it('says so, and which server stays', async () => {
    const cwd = `${directory.path}/early`;
    writeFiles(cwd, { '.millrace.yaml': 'name: early\nsteps: [{ id: only, cmd: echo never }]\n' });
    const child = spawnMillrace(['run'], { cwd, env: { MILLRACE_SANDBOX: 'process' } });
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
    });
    const ended = new Promise((done) => child.once('close', done));
    const isStarting = () => existsSync(`${cwd}/.millrace/logs/server.out`) || undefined;
    await eventually(isStarting, 'the server is on its way');
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said).toMatch(/^no run was started; the server \(pid \d+\) stays .*millrace\S* stop/m);
    const pid = /pid (\d+)/.exec(said)?.[1];
    await eventually(() => existsSync(`${cwd}/.millrace/server.json`) || undefined, 'it is ready');
    expect((await millrace(['stop'], { cwd })).stdout).toContain(`(pid ${pid}) has ended`);
  });
});
