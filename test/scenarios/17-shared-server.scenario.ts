import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunDto } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, spawnMillrace, writeFiles } from './harness.ts';

const directory = freshDirectory();
const cwd = directory.path;
writeFiles(cwd, {
  // It goes on until its file is there.
  'waits.yaml': `name: waits
inputs: { until: { type: string } }
steps:
  - id: wait
    cmd: while [ ! -e "\${{ inputs.until }}" ]; do sleep 0.05; done; echo waited
`,
  'quick.yaml': 'name: quick\nsteps:\n  - { id: only, cmd: echo quick }\n',
});
afterAll(() => directory.remove());

// The steps look outside of their workspace.
const env = { MILLRACE_SANDBOX: 'process' };
const run = (...args: string[]) => millrace(args, { cwd, env });
const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
const serverFile = join(cwd, '.millrace/server.json');
const serverPid = () => (JSON.parse(readFileSync(serverFile, 'utf8')) as { pid: number }).pid;

function gone(pid: number): Promise<true> {
  return eventually(() => (existsSync(`/proc/${pid}`) ? undefined : true), `${pid} has ended`);
}

function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string }> {
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  return new Promise((done) => child.once('close', (code) => done({ code, stdout })));
}

async function running(): Promise<RunDto> {
  return eventually(async () => {
    const answer = await run('runs', '--status', 'running', '--json');
    return answer.stdout === '' ? undefined : lastLine(answer.stdout);
  }, 'a run is running');
}

describe('commands that have no server and come at the same time', { timeout: 120_000 }, () => {
  it('start one and all use it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => run('run', 'quick.yaml', '--source', 'none', '--json')),
    );
    expect(
      answers.map(({ code, stderr }) => [code, stderr.replace(/^the server.*\n/, '')]),
    ).toEqual(answers.map(() => [0, '']));
    expect(answers.map(({ stdout }) => lastLine(stdout).number).sort()).toEqual([1, 2, 3, 4]);
  });

  it.each(['ends', 'is killed'])('lose nothing when the one that started it %s', async (how) => {
    const [first, second] = ['first', 'second'].map((name) => join(cwd, `${name} ${how}`));
    const starter = spawnMillrace(['run', 'waits.yaml', '--input', `until=${first}`], { cwd, env });
    const starterEnd = ended(starter);
    await running();
    const pid = serverPid();
    const other = ended(
      spawnMillrace(['run', 'waits.yaml', '--input', `until=${second}`, '--json'], { cwd, env }),
    );
    await eventually(async () => {
      const { stdout } = await run('runs', '--status', 'running', '--json');
      return stdout.trim().split('\n').length === 2 || undefined;
    }, 'both are running');
    if (how === 'is killed') starter.kill('SIGKILL');
    else writeFiles(cwd, { [`first ${how}`]: '' });
    expect((await starterEnd).code).toBe(how === 'is killed' ? null : 0);
    writeFiles(cwd, { [`second ${how}`]: '' });
    const { code, stdout } = await other;
    expect(code).toBe(0);
    const shown = await run('show', String(lastLine(stdout).number), '--json');
    expect((JSON.parse(shown.stdout) as RunDto).steps[0]?.attempts).toHaveLength(1);
    await gone(pid);
  });

  it('wake a server that another command uses only to read', async () => {
    const reader = spawnMillrace(['events', '-f', '--json'], { cwd, env });
    const readerEnd = ended(reader);
    await eventually(() => existsSync(serverFile) || undefined, 'the reader has its server');
    const pid = serverPid();
    expect((await run('run', 'quick.yaml', '--source', 'none')).code).toBe(0);
    reader.kill('SIGINT');
    const { stdout } = await readerEnd;
    expect(stdout).toContain('"run.finished"');
    await gone(pid);
  });
});
