import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, TestServer, writeFiles } from './harness.ts';

const directory = freshDirectory();
const cwd = directory.path;
let server: TestServer;
const cli = (...args: readonly string[]) =>
  millrace(['--data-dir', server.dataDir, ...args], { cwd });
const lines = async (...args: readonly string[]) => {
  const answer = await cli(...args, '--json');
  expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
  return answer.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

beforeAll(async () => {
  server = await TestServer.start({ dataDir: `${cwd}/data`, env: { MILLRACE_SLOTS: '1' } });
  writeFiles(cwd, {
    'p.yaml': `name: shown
steps:
  - { id: make, cmd: 'echo spoken; echo x > file', artifacts: [file] }
  - { id: after, depends_on: make, cmd: exit 3 }
`,
  });
  expect((await cli('run', '--source', 'none', 'p.yaml')).code).toBe(1);
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

describe('the command line beside a server', { timeout: 60_000 }, () => {
  it('uses the server of its data directory and leaves it running', async () => {
    const verdict = (await lines('runs'))[0];
    expect(verdict).toMatchObject({ number: 1, pipeline: 'shown', outcome: 'failure' });
    expect(server.hasEnded).toBe(false);
  });

  it.each(['latest', '1'])('means the same run by %s as by its uuid', async (ref) => {
    const [run] = await lines('show', ref);
    expect(await lines('show', String(run?.id))).toEqual([run]);
    expect(await lines('logs', ref, 'make')).toContainEqual(
      expect.objectContaining({ step: 'make', stream: 'output', text: 'spoken' }),
    );
    expect(await lines('artifacts', ref)).toMatchObject([{ step: 'make', name: 'file', size: 2 }]);
  });

  it('tells the history of a run', async () => {
    const answer = await cli('replay', '1');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout).toMatch(/run\.queued[\s\S]*run\.step-finished[\s\S]*run\.finished/);
    const events = await lines('events', '--types', 'run.queued,run.finished');
    expect(events.map(({ type }) => type)).toEqual(['run.queued', 'run.finished']);
    expect((await lines('events', '--limit', '3')).map(({ position }) => position)).toEqual([
      1, 2, 3,
    ]);
  });

  it('lists read models without lag and builds one again', async () => {
    const models = await eventually(async () => {
      const found = await lines('projections');
      return found.every(({ lag }) => lag === 0) ? found : undefined;
    }, 'the read models have caught up');
    expect(models.map(({ name }) => name).toSorted()).toEqual(
      expect.arrayContaining(['executors', 'queue', 'run-detail', 'run-list']),
    );
    expect((await cli('projections', 'rebuild', 'run-list')).code).toBe(0);
    expect(await lines('runs')).toHaveLength(1);
    const busy = await cli('projections', 'skip', 'run-list');
    expect(busy.stderr).toContain('[projection.not-stopped]');
    const unknown = await cli('projections', 'rebuild', 'nosuch');
    expect(unknown.code).toBe(6);
    expect(unknown.stderr).toContain('[request.not-found]');
  });

  it('says why a step waits, and what it waited for', async () => {
    const busy = await server.startRun({
      yaml: 'name: busy\nsteps: [{ id: a, cmd: sleep 600 }]',
    });
    await eventually(
      async () =>
        (await server.client.call(operations.showRun, { params: { id: busy.id } })).status ===
          'running' || undefined,
      'the only slot is taken',
    );
    const { id } = await server.startRun({ yaml: 'name: late\nsteps: [{ id: a, cmd: "true" }]' });
    const reasonOf = async () => {
      const [why] = await lines('why', id, 'a');
      return (why?.waits as { reason: string }[] | undefined)?.at(-1)?.reason;
    };
    expect(await eventually(reasonOf, 'the wait is explained')).toBe('slots');
    expect((await cli('why', id, 'a')).stdout).toMatch(/slot/);
    expect((await cli('cancel', busy.id, '--force')).code).toBe(0);
    expect((await cli('watch', id)).code).toBe(0);
  });

  it('says what no executor can do: when a file is checked, when it runs, and while it waits', async () => {
    writeFiles(cwd, {
      'asks.yaml': `name: asks
steps:
  - { id: far, cmd: "true", runs-on: ubuntu-latest }
  - { id: boxed, cmd: "true", image: "node:22", depends_on: [] }
  - { id: cut, cmd: "true", network: none, depends_on: [] }
`,
    });
    const answer = await cli('validate', 'asks.yaml');
    expect(answer.code).toBe(0);
    expect(answer.stdout).toMatch(
      /^asks\.yaml:3:38: warning no executor has the label "ubuntu-latest" \(no executor has a label; .*\) \[lint\.no-executor\]/m,
    );
    expect(answer.stdout).toMatch(
      /^asks\.yaml:4:38: warning no executor can provide the image "node:22" \(their drivers \(process\) have only image: host\)/m,
    );
    expect(answer.stdout).toMatch(
      /^asks\.yaml:5:38: warning no executor can enforce network: none \(their drivers \(process\) keep no step from the network\)/m,
    );
    expect(answer.stdout).not.toContain('hosted-runner');
    const yaml = 'name: far\nsteps: [{ id: far, cmd: "true", labels: [gpu] }]\n';
    const body = { yaml, isolation: 'none' } as const;
    const started = await server.client.call(operations.startRun, { body });
    expect(started.warnings).toMatchObject([
      { steps: ['far'], message: 'no executor has the label "gpu"' },
    ]);
    const why = async () => {
      const [found] = await lines('why', started.id, 'far');
      const [wait] = (found?.waits ?? []) as { reason: string; detail: string }[];
      return wait?.reason === 'labels' ? wait.detail : undefined;
    };
    expect(await eventually(why, 'the wait is explained')).toMatch(
      /^no executor has the label "gpu" \(no executor has a label/,
    );
    expect((await cli('cancel', started.id)).code).toBe(0);
    expect((await lines('why', started.id, 'far'))[0]).toMatchObject({
      waits: [{ reason: 'labels', detail: 'no executor with "gpu" and isolation none was there' }],
    });
  });

  it('offers a retry only where it can help', async () => {
    writeFiles(cwd, {
      'boxed.yaml': 'name: boxed\nsteps: [{ id: a, cmd: x, image: "node:22" }]\n',
    });
    const answer = await cli('run', '--source', 'none', 'boxed.yaml');
    expect(answer.code).not.toBe(0);
    expect(answer.stdout + answer.stderr).toContain(
      'warning: a: no executor can provide the image "node:22"',
    );
    expect(answer.stdout).toMatch(
      /next: .*millrace\S* explain image.unavailable.*\n +.*millrace\S* logs \d/,
    );
    expect(answer.stdout).not.toMatch(/ retry \d/);
    const failing = await cli('run', '--source', 'none', 'p.yaml');
    expect(failing.stdout).toMatch(/next: .*millrace\S* retry \d+ --failed/);
  });

  it('lists executors, and drains one', async () => {
    const [executor] = await lines('executors');
    expect(executor).toMatchObject({ slots: 1, drivers: ['process'] });
    expect((await cli('executors', 'drain', String(executor?.id))).code).toBe(0);
    expect((await lines('executors'))[0]).toMatchObject({ status: 'draining' });
    const wrong = await cli('executors', 'drain', '01900000-0000-7000-8000-000000000001');
    expect(wrong.code).toBe(6);
    expect(wrong.stderr).toContain('[executor.not-found]');
  });

  it('is refused with another token', async () => {
    const answer = await millrace(['--data-dir', server.dataDir, 'runs'], {
      cwd,
      env: { MILLRACE_TOKEN: 'not-the-token-of-anybody' },
    });
    expect(answer.code).toBe(6);
    expect(answer.stderr).toContain('[request.unauthorized]');
  });
});
