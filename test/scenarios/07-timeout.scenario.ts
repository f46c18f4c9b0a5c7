import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory, millrace, TestServer, writeFiles } from './harness.ts';

const directory = freshDirectory();
const cwd = directory.path;
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: `${cwd}/data`,
    env: { MILLRACE_STOP_GRACE: '500ms' },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

describe('a step that takes too long', { timeout: 60_000 }, () => {
  it('is asked to end, may say its last words, and takes the run along', async () => {
    const run = await server.run({
      yaml: `name: slow
steps:
  - id: slow
    timeout: 300ms
    cmd: |
      trap 'echo cleaned up; exit 0' TERM
      echo begun
      sleep 600 & wait
  - { id: after, depends_on: slow, cmd: echo never }
  - { id: aside, cmd: echo well }
`,
    });
    expect(run).toMatchObject({ outcome: 'timeout', failedSteps: ['slow'] });
    expect(run.steps).toMatchObject([
      { outcome: 'timeout', cause: 'timeout' },
      { outcome: 'skipped', skipReason: 'dependency-failed' },
      { outcome: 'success' },
    ]);
    expect(await server.log(run.id, 'slow')).toEqual(['begun', 'cleaned up']);
    expect((await server.log(run.id, 'slow', { system: true })).join('\n')).toMatch(
      /took longer than 300 ms/,
    );
  });

  it('is killed where it does not listen', async () => {
    const run = await server.run({
      yaml: `name: deaf
steps:
  - id: deaf
    timeout: 300ms
    cmd: |
      trap '' TERM
      echo begun
      while :; do sleep 0.05; done
`,
    });
    expect(run.steps[0]).toMatchObject({ outcome: 'timeout', cause: 'timeout' });
  });

  it('is forgiven where it may fail', async () => {
    const run = await server.run({
      yaml: 'name: forgiven\nsteps:\n  - { id: slow, timeout: 200ms, allow_failure: true, cmd: sleep 600 }\n',
    });
    expect(run).toMatchObject({ outcome: 'success', failedSteps: [] });
    expect(run.steps[0]?.outcome).toBe('timeout');
  });

  it('and a step that fails: both are named, and the timeout names the run', async () => {
    const run = await server.run({
      yaml: 'name: both\nsteps:\n  - { id: slow, timeout: 200ms, cmd: sleep 600 }\n  - { id: red, cmd: exit 1 }\n',
    });
    expect(run.failedSteps.toSorted()).toEqual(['red', 'slow']);
    expect(run.outcome).toBe('timeout');
  });

  it('ends the command line with 5 and says which step it was', async () => {
    writeFiles(cwd, {
      'slow.yaml':
        'name: slow\nsteps:\n  - { id: slow, timeout: 200ms, cmd: "echo begun; sleep 600" }\n',
    });
    const args = ['--data-dir', server.dataDir, 'run', '--source', 'none', 'slow.yaml'];
    const answer = await millrace(args, { cwd });
    expect(answer.code).toBe(5);
    expect(answer.stdout).toMatch(/slow.*timeout/);
    const json = await millrace([...args, '--json'], { cwd });
    expect(json.code).toBe(5);
    expect(JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      outcome: 'timeout',
      failed: ['slow'],
    });
  });
});
