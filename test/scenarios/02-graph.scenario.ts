import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDto } from '#libs/api-contract';
import { settings } from '#libs/config';
import { freshDirectory, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    env: { MILLRACE_SLOTS: '4', SECRET_OF_THE_SERVER: 'not for steps' },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const outcomes = (run: RunDto) =>
  Object.fromEntries(run.steps.map(({ id, outcome }) => [id, outcome]));
const skipReasons = (run: RunDto) =>
  Object.fromEntries(run.steps.map(({ id, skipReason }) => [id, skipReason]));

describe('the graph', { timeout: 60_000 }, () => {
  it('orders steps by what they depend on, not by the file', async () => {
    const run = await server.run({
      yaml: `name: order
steps:
  - { id: last, depends_on: [left, right], cmd: echo last >> order }
  - { id: right, depends_on: first, cmd: echo middle >> order }
  - { id: left, depends_on: first, cmd: echo middle >> order }
  - { id: first, cmd: echo first >> order }
  - { id: show, depends_on: last, cmd: cat order }
`,
    });
    expect(run.outcome).toBe('success');
    expect(await server.log(run.id, 'show')).toEqual(['first', 'middle', 'middle', 'last']);
    expect(run.steps.map(({ id }) => id)).toEqual(['last', 'right', 'left', 'first', 'show']);
  });

  it('runs side by side what may: each of two steps waits for the other', async () => {
    const run = await server.run({
      yaml: `name: parallel
steps:
  - { id: ping, timeout: 20s, cmd: 'touch ping; until [ -e pong ]; do sleep 0.05; done' }
  - { id: pong, timeout: 20s, cmd: 'touch pong; until [ -e ping ]; do sleep 0.05; done' }
`,
    });
    expect(outcomes(run)).toEqual({ ping: 'success', pong: 'success' });
  });

  it('goes by the file where it is told to', async () => {
    const run = await server.run({
      yaml: `name: sequential
order: sequential
steps:
  - { id: one, cmd: sleep 0.2 && echo one >> order }
  - { id: two, cmd: echo two >> order }
  - { id: three, cmd: cat order }
`,
    });
    expect(await server.log(run.id, 'three')).toEqual(['one', 'two']);
  });

  it('skips what depends on a failure and runs the rest', async () => {
    const run = await server.run({
      yaml: `name: failing
steps:
  - { id: broken, cmd: exit 7 }
  - { id: child, depends_on: broken, cmd: echo never }
  - { id: grandchild, depends_on: child, cmd: echo never }
  - { id: other, cmd: echo well }
`,
    });
    expect(run).toMatchObject({ outcome: 'failure', failedSteps: ['broken'] });
    expect(outcomes(run)).toEqual({
      broken: 'failure',
      child: 'skipped',
      grandchild: 'skipped',
      other: 'success',
    });
    expect(skipReasons(run)).toEqual({
      broken: null,
      child: 'dependency-failed',
      grandchild: 'dependency-failed',
      other: null,
    });
    expect(run.steps[0]).toMatchObject({ exitCode: 7, cause: 'exit', signal: null });
    expect(run.steps[1]?.attempts).toEqual([]);
  });

  it('stays green where a step may fail, and goes on behind it', async () => {
    const run = await server.run({
      yaml: `name: forgiving
steps:
  - { id: flaky, allow_failure: true, cmd: exit 1 }
  - { id: behind, depends_on: flaky, cmd: echo went on }
`,
    });
    expect(run).toMatchObject({ outcome: 'success', failedSteps: [] });
    expect(outcomes(run)).toEqual({ flaky: 'failure', behind: 'success' });
  });

  it('tells a signal from an exit code', async () => {
    const run = await server.run({
      yaml: 'name: signal\nsteps: [{ id: shot, cmd: kill -SEGV $$ }]',
    });
    expect(run.steps[0]).toMatchObject({ outcome: 'failure', cause: 'signal', signal: 'SIGSEGV' });
  });

  it('stops a list of commands at the first that fails', async () => {
    const run = await server.run({
      yaml: `name: list
steps:
  - id: many
    cmd: [cd /tmp, pwd, 'false', echo never]
`,
    });
    expect(run.steps[0]).toMatchObject({ outcome: 'failure', exitCode: 1 });
    expect(await server.log(run.id, 'many')).toEqual(['/tmp']);
  });
});

describe('values', { timeout: 60_000 }, () => {
  /** What a shell would run, were it pasted into its text. */
  const hostile = `"; touch pwned; $(touch pwned) \`touch pwned\` ' \\ * \n$HOME`;

  it('reach the command as they are, and never as its text', async () => {
    const run = await server.run({
      yaml: `name: quoting
inputs: { word: { type: string } }
vars: { GREETING: "hello  world; $(touch pwned)" }
env: { ALL: 'every $HOME' }
steps:
  - id: print
    env: { OWN: "own 'quoted'", NUMBER: 0o17, FROM: "\${{ inputs.word }}" }
    cmd: |
      printf '<%s>\\n' "\${{ inputs.word }}" "\${{ vars.GREETING }}" "$ALL" "$OWN" "$NUMBER"
      [ "$FROM" = "\${{ inputs.word }}" ] && echo same
      ls
`,
      inputs: { word: hostile },
    });
    expect(run.outcome).toBe('success');
    expect(await server.log(run.id, 'print')).toEqual([
      ...`<${hostile}>`.split('\n'),
      '<hello  world; $(touch pwned)>',
      '<every $HOME>',
      "<own 'quoted'>",
      '<0o17>',
      'same',
    ]);
  });

  it('of the server never reach a step', async () => {
    const run = await server.run({ yaml: 'name: bare\nsteps: [{ id: env, cmd: env }]' });
    const names = (await server.log(run.id, 'env')).map((line) => line.split('=')[0]).sort();
    expect(names.filter((name) => name !== 'PWD' && name !== '_' && name !== 'SHLVL')).toEqual([
      'CI',
      // Git looks for no repository above the workspace.
      'GIT_CEILING_DIRECTORIES',
      'HOME',
      'LANG',
      'MILLRACE',
      'MILLRACE_ATTEMPT',
      'MILLRACE_FENCE',
      'MILLRACE_PIPELINE',
      'MILLRACE_RUN_ID',
      'MILLRACE_RUN_NUMBER',
      // By this mark the process driver finds what a step leaves behind.
      'MILLRACE_SANDBOX_ID',
      'MILLRACE_STEP',
      'MILLRACE_WORKSPACE',
      'PATH',
      'TMPDIR',
      'TRACEPARENT',
    ]);
    // A millrace inside a step must not take what says where it runs for what it is told.
    const variables = Object.values(settings).flatMap((setting) => [
      setting.variable,
      `${setting.variable}_FILE`,
    ]);
    expect(names.filter((name) => variables.includes(name ?? ''))).toEqual([]);
  });

  it('of inputs are checked by their type', async () => {
    const yaml = `name: typed
inputs:
  count: { type: number, default: 1 }
  level: { type: enum, values: [low, high], default: low }
steps:
  - id: show
    cmd: echo "\${{ inputs.count }} \${{ inputs.level }}"
`;
    const run = await server.run({ yaml, inputs: { count: 3, level: 'high' } });
    expect(await server.log(run.id, 'show')).toEqual(['3 high']);
    expect(run.inputs).toEqual({ count: '3', level: 'high' });
    await expect(server.startRun({ yaml, inputs: { count: 'many' } })).rejects.toThrow(/count/);
    await expect(server.startRun({ yaml, inputs: { level: 'middle' } })).rejects.toThrow(/level/);
  });
});
