import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '#libs/api-client';
import { operations, type RetryRunBody, type RunDto } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
const path = (name: string) => join(directory.path, name);
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: path('data'),
    env: { MILLRACE_STOP_GRACE: '1s' },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const retry = (id: string, body: RetryRunBody) =>
  server.client.call(operations.retryRun, { params: { id }, body });
const retried = async (id: string, body: RetryRunBody) =>
  server.finished((await retry(id, body)).id);
const problemOf = async (call: Promise<unknown>) => {
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemError);
  const { status, code } = (error as ProblemError).problem;
  return { status, code };
};
const outcomes = (run: RunDto) => run.steps.map(({ outcome }) => outcome);
const reasons = (run: RunDto) => run.steps.map(({ skipReason }) => skipReason);

describe('a step tries again by itself', { timeout: 60_000 }, () => {
  it.each([
    ['an exit code that is named', 'exit 75', '{ max: 2, on: [{ exit: [75] }], backoff: 0s }', 3],
    ['an exit code that is not', 'exit 1', '{ max: 2, on: [{ exit: [75] }], backoff: 0s }', 1],
    ['any failure', 'exit 1', '{ max: 1, backoff: 0s }', 2],
    ['a signal', 'kill -KILL $$', '{ max: 1, on: signal, backoff: 0s }', 2],
    ['a failure, where only lost workers count', 'exit 1', '{ max: 5, on: [worker_lost] }', 1],
  ])('after %s', async (_, cmd, rule, attempts) => {
    const run = await server.run({
      yaml: `name: again\nsteps:\n  - { id: a, cmd: '${cmd}', retry: ${rule} }\n`,
    });
    expect(run.outcome).toBe('failure');
    expect(run.steps[0]?.attempts.map(({ attempt }) => attempt)).toEqual(
      Array.from({ length: attempts }, (_each, at) => at + 1),
    );
  });

  it('after a timeout, each attempt with a log of its own, and is green where the last one is', async () => {
    const run = await server.run({
      yaml: `name: slow
steps:
  - id: a
    cmd: 'echo attempt $MILLRACE_ATTEMPT; [ $MILLRACE_ATTEMPT = 2 ] || sleep 600'
    timeout: 300ms
    retry: { max: 1, on: timeout, backoff: 0s }
  - { id: b, depends_on: a, cmd: "true" }
`,
    });
    expect(run).toMatchObject({ outcome: 'success', failedSteps: [] });
    expect(run.steps[0]?.attempts.map(({ outcome }) => outcome)).toEqual(['timeout', 'success']);
    for (const attempt of [1, 2]) {
      const response = await server.client.open(operations.readStepLogs, {
        params: { id: run.id, step: 'a' },
        query: { attempt },
      });
      expect(await response.text()).toContain(`"attempt ${attempt}"`);
    }
    const fences = run.steps[0]?.attempts.map(({ fence }) => fence) ?? [];
    expect(fences[1]).toBeGreaterThan(fences[0] ?? Number.NaN);
  });

  it('never after a cancel', async () => {
    const { id } = await server.startRun({
      yaml: 'name: cancelled\nsteps:\n  - { id: a, cmd: "echo on; sleep 600", retry: { max: 5, backoff: 0s } }\n',
    });
    await eventually(
      async () => (await server.log(id, 'a')).length > 0 || undefined,
      'the step prints',
    );
    await server.client.call(operations.cancelRun, { params: { id }, body: {} });
    const run = await server.finished(id);
    expect(run.outcome).toBe('cancelled');
    expect(run.steps[0]?.attempts).toHaveLength(1);
  });
});

describe('somebody retries a run', { timeout: 60_000 }, () => {
  const yaml = () => `name: fixable
inputs: { word: { type: string, default: none } }
steps:
  - { id: make, cmd: 'echo "\${{ inputs.word }}" > made' }
  - { id: check, depends_on: make, cmd: 'cat made; [ -e ${path('fixed')} ]' }
  - { id: end, depends_on: check, cmd: cat made }
  - { id: aside, cmd: "true" }
`;
  const broken = async () => {
    rmSync(path('fixed'), { force: true });
    const run = await server.run({ yaml: yaml(), inputs: { word: 'kept' } });
    expect(outcomes(run)).toEqual(['success', 'failure', 'skipped', 'success']);
    writeFileSync(path('fixed'), '');
    return run;
  };

  it('what failed and what stands behind it, with the inputs and files of before', async () => {
    const first = await broken();
    const second = await retried(first.id, { failed: true });
    expect(second).toMatchObject({
      outcome: 'success',
      retryOf: first.id,
      inputs: { word: 'kept' },
      trigger: { kind: 'retry' },
    });
    expect(reasons(second)).toEqual(['reused', null, null, 'reused']);
    expect(await server.log(second.id, 'end')).toEqual(['kept']);
    // The earlier run stays as it was.
    const before = await server.client.call(operations.showRun, { params: { id: first.id } });
    expect(before).toMatchObject({ outcome: 'failure', failedSteps: ['check'] });
  });

  it('one step by its name, whatever became of it', async () => {
    const first = await broken();
    const second = await retried(first.id, { step: 'make' });
    expect(reasons(second)).toEqual([null, null, null, 'reused']);
    expect(second.outcome).toBe('success');
  });

  it('again and again: the workspace goes from run to run until it is green', async () => {
    const first = await broken();
    rmSync(path('fixed'));
    const second = await retried(first.id, {});
    expect(outcomes(second)).toEqual(['skipped', 'failure', 'skipped', 'skipped']);
    writeFileSync(path('fixed'), '');
    const cli = (...args: readonly string[]) =>
      millrace(['--data-dir', server.dataDir, 'retry', ...args], { cwd: directory.path });
    const onward = await cli(String(first.number));
    expect([onward.code, onward.stdout]).toEqual([2, '']);
    expect(onward.stderr).toMatch(
      new RegExp(
        `^error: the workspace of run ${first.number} went on to run ${second.number}, which.*\\n` +
          `  .*retry ${second.number} --failed --data-dir \\S+ goes on`,
      ),
    );
    const third = await retried(second.id, { failed: true });
    expect((await cli(String(first.number))).stderr).toMatch(
      /gone.*\n.*millrace\S* run --data-dir/,
    );
    expect(third).toMatchObject({ outcome: 'success', retryOf: second.id });
    expect(await server.log(third.id, 'end')).toEqual(['kept']);
    expect(await problemOf(retry(third.id, { failed: true }))).toEqual({
      status: 409,
      code: 'run.nothing-to-retry',
    });
    expect(await problemOf(retry(second.id, { failed: true }))).toEqual({
      status: 409,
      code: 'run.workspace-gone',
    });
  });

  it('that has not finished, or a step that is not there: no', async () => {
    const { id } = await server.startRun({
      yaml: 'name: on\nsteps:\n  - { id: a, cmd: sleep 600 }\n',
    });
    expect(await problemOf(retry(id, { failed: true }))).toEqual({
      status: 409,
      code: 'run.not-finished',
    });
    await server.client.call(operations.cancelRun, { params: { id }, body: { force: true } });
    await server.finished(id);
    expect(await problemOf(retry(id, { step: 'nosuch' }))).toEqual({
      status: 404,
      code: 'step.not-found',
    });
  });

  it('by the command line', async () => {
    const cli = (...args: readonly string[]) =>
      millrace(['--data-dir', server.dataDir, 'retry', 'latest', ...args], {
        cwd: directory.path,
      });
    await broken();
    expect((await cli('--failed')).code).toBe(0);
    const refused = await cli('--failed');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('[run.nothing-to-retry]');
    // Its workspace went with its success, and no step brings all others along.
    expect(refused.stderr).not.toContain('--step');
    await server.run({ yaml: 'name: line\nsteps: [{ id: a, cmd: "true" }]\n' });
    const offer = /repeat all of it: `.* (retry \d+ --step a) --data-dir/;
    const [, words = ''] = offer.exec((await cli()).stderr) ?? [];
    expect((await cli(...words.split(' ').slice(2))).code).toBe(0);
    await broken();
    const answer = await cli('--step', 'check', '--json');
    expect(answer.code).toBe(0);
    expect(JSON.parse(answer.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      outcome: 'success',
      failed: [],
    });
  });
});
