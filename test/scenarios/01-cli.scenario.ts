import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, freshDirectory, millrace, spawnMillrace, writeFiles } from './harness.ts';

/** Somebody's repository, without a server. */
const directory = freshDirectory();
const cwd = directory.path;
const run = (...args: readonly string[]) => millrace(['--sandbox', 'process', ...args], { cwd });
const lastLine = (text: string) =>
  JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;

/** Processes that work below the directory: a server, a database, a step. */
function processesBelow(path: string): readonly string[] {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(path));
}

/** The guards of a server's sandboxes end a moment behind it. */
const nothingRuns = () =>
  eventually(() => processesBelow(cwd).length === 0 || undefined, 'nothing is left running');

beforeAll(() => {
  writeFiles(cwd, {
    '.millrace.yaml': `name: demo
inputs: { word: { type: string, default: nothing } }
vars: { GREETING: hello }
steps:
  - id: greet
    cmd: echo "\${{ vars.GREETING }} \${{ inputs.word }}" && mkdir -p out && echo made > out/file.txt
    artifacts: [out/**]
  - id: after
    depends_on: [greet]
    cmd: cat out/file.txt tree.txt
`,
    'tree.txt': 'from the working tree',
    'red.yaml': `name: red
steps:
  - id: broken
    cmd: for i in $(seq 1 30); do echo line $i; done; exit 3
  - id: never
    depends_on: [broken]
    cmd: echo never
`,
  });
  execFileSync('git', ['init', '--quiet'], { cwd });
});
afterAll(() => directory.remove());

describe('the command line without a server', { timeout: 120_000 }, () => {
  it('runs a pipeline and answers with a verdict', async () => {
    const answer = await run('run', '--json', '--input', 'word=world');
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 0, stderr: '' });
    expect(lastLine(answer.stdout)).toMatchObject({
      run: expect.stringMatching(/^[0-9a-f-]{36}$/),
      outcome: 'success',
      failed: [],
      durationMs: expect.any(Number),
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
    });
  });

  it('leaves nothing running when its server is told to end', async () => {
    expect((await run('stop')).code).toBe(0);
    await nothingRuns();
  });

  it('shows afterwards what happened', async () => {
    const logs = await run('logs', 'latest');
    expect(logs.stdout).toContain('hello world');
    expect(logs.stdout).toContain('from the working tree');
    expect((await run('show', '1')).stdout).toMatch(/greet +success/);
    expect(lastLine((await run('runs', '--json')).stdout)).toMatchObject({
      number: 1,
      outcome: 'success',
    });
    expect((await run('replay', '1')).stdout).toMatch(
      /run\.queued[\s\S]*run\.step-started[\s\S]*run\.finished/,
    );
    expect((await run('why', '1', 'after')).stdout).toContain('after (finished)');
    expect((await run('why', '1')).stdout).toMatch(/^run 1 of \w+: success\n/);
    expect(
      (await run('events', '--types', 'run.finished', '--json')).stdout.trim().split('\n'),
    ).toHaveLength(1);
  });

  it('writes nothing where it only reads', async () => {
    const newest = async () => lastLine((await run('events', '--json')).stdout);
    const before = await newest();
    for (const words of [['runs'], ['show', '1'], ['executors'], ['projections']])
      await run(...words);
    expect(await newest()).toEqual(before);
  });

  it('downloads artifacts', async () => {
    expect((await run('artifacts', 'latest', '--to', 'got')).code).toBe(0);
    expect(readFileSync(join(cwd, 'got/out/file.txt'), 'utf8')).toBe('made\n');
  });

  it('says on failure what failed, its last lines, and what to do next', async () => {
    const answer = await run('run', 'red.yaml');
    expect(answer.code).toBe(1);
    const tail = answer.stdout.slice(answer.stdout.lastIndexOf('broken exit 3'));
    expect(tail).toContain('line 30');
    expect(tail).toContain('line 12');
    expect(tail).not.toContain('line 9\n');
    expect(tail).toMatch(/next: .*millrace\S* retry 2 --failed/);
    expect((await run('why', '2')).stdout).toBe(
      `run 2 of red: failure; failed: broken (exit 3)
broken (finished): failure (exit 3); it never waited longer than a second for an executor
never (skipped): skipped: dependency-failed (broken)
`,
    );
  });

  it('repeats what failed in a new run', async () => {
    const answer = await run('retry', 'latest', '--failed', '--json');
    expect(answer.code).toBe(1);
    expect(lastLine(answer.stdout)).toMatchObject({
      number: 3,
      outcome: 'failure',
      failed: ['broken'],
    });
  });

  it.each([
    [['show', '99'], 6, '[run.not-found]'],
    [['logs', 'latest', 'nosuch'], 6, '[step.not-found]'],
    [['show', '../../etc'], 2, '[request.invalid]'],
    [['run', 'nosuch.yaml'], 2, '[file.unreadable]'],
    [['run', '--input', 'novalue'], 2, '[input.malformed]'],
    [['run', '--input', 'other=1'], 2, '[run.input-unknown]'],
    [['cancel', '1'], 2, '[run.already-finished]'],
    [['explain', 'no.code'], 2, '[code.unknown]'],
    [['config', 'explain', 'nosuch'], 2, '[config.unknown]'],
    [['nosuch'], 2, 'unknown command'],
    [['run', '--nosuch'], 2, 'unknown option'],
    [['runs', '--limit', '0'], 2, '[usage.invalid]'],
    [['--data-dir', 'elsewhere', 'show', '1'], 6, '[run.not-found]'],
    [['--data-dir', '/proc/millrace', 'run'], 3, '[data-dir.not-writable]'],
    [
      ['--data-dir', '/proc/millrace', 'dev', '--listen', '127.0.0.1:0'],
      3,
      '[data-dir.not-writable]',
    ],
    [['--data-dir', '/proc/millrace', 'doctor'], 3, ''],
  ] as const)('%j ends with %i', async (args, code, words) => {
    const answer = await run(...args);
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({
      code,
      stderr: expect.stringContaining(words),
    });
    expect(answer.stderr).not.toMatch(/\n {4}at /);
  });

  it('doctor calls refused what the server would refuse to start with', async () => {
    const findings = async (...args: string[]) => {
      const { code, stdout } = await run(...args, 'doctor', '--json');
      expect(code).toBe(3);
      return stdout;
    };
    const dataDir = ['--data-dir', join(cwd, 'tried')];
    expect(await findings(...dataDir, '--listen', '0.0.0.0:0')).toMatch(
      /"sandboxes","state":"problem","detail":"refused: only the process driver/,
    );
  });

  it('explains codes, settings and itself', async () => {
    expect((await run('explain', 'graph.cycle')).code).toBe(0);
    expect((await run('config', 'explain', 'listen')).stdout).toContain('127.0.0.1:7420');
    expect((await run('--help')).stdout).toContain('Exit codes');
    expect((await run('run', '--help')).stdout).toContain('--isolation');
    expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    ['run', 'slow.yaml'],
    ['retry', 'latest'],
  ])('is cancelled by Ctrl-C (%s)', async (...args) => {
    writeFiles(cwd, {
      'slow.yaml': 'name: slow\nsteps:\n  - { id: wait, cmd: echo waiting && sleep 60 }\n',
    });
    const child = spawnMillrace(['--sandbox', 'process', ...args], { cwd });
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    await eventually(() => out.includes('│ waiting') || undefined, 'the step runs');
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(lastLine((await run('runs', '--json', '--limit', '1')).stdout)).toMatchObject({
      outcome: 'cancelled',
    });
    await run('stop');
    await nothingRuns();
  });

  it('goes on when nobody reads its words any more', async () => {
    writeFiles(cwd, {
      'unread.yaml':
        'name: unread\nsteps:\n  - { id: go, cmd: echo on && sleep 0.5 && echo done }\n',
    });
    const child = spawnMillrace(['run', 'unread.yaml'], { cwd });
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await new Promise((done) => child.once('exit', done))).toBe(0);
    expect(lastLine((await run('runs', '--json', '--limit', '1')).stdout)).toMatchObject({
      pipeline: 'unread',
      outcome: 'success',
    });
  });

  it('keeps its state out of the repository', () => {
    mkdirSync(join(cwd, 'sub'), { recursive: true });
    expect(existsSync(join(cwd, '.millrace/admin-token'))).toBe(true);
    expect(
      execFileSync('git', ['status', '--porcelain', '.millrace'], { cwd, encoding: 'utf8' }),
    ).toBe('');
  });
});
