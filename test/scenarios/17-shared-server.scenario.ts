import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunDto } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, spawnMillrace, writeFiles } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

/** A directory with pipelines, and commands that work in it. */
function project(name: string) {
  const cwd = join(directory.path, name);
  writeFiles(cwd, {
    // It says that it has begun, and goes on until its file is there.
    'waits.yaml': `name: waits
inputs: { word: { type: string } }
steps:
  - id: wait
    retry: { max: 2, on: [worker_lost] }
    cmd: |
      echo > ${cwd}/begun-\${{ inputs.word }}
      while [ ! -e ${cwd}/end-\${{ inputs.word }} ]; do sleep 0.05; done
      echo waited
`,
    'quick.yaml': 'name: quick\nsteps:\n  - { id: only, cmd: echo quick }\n',
  });
  // The steps look outside of their workspace.
  const options = { cwd, env: { MILLRACE_SANDBOX: 'process' } };
  const serverFile = join(cwd, '.millrace/server.json');
  return {
    run: (...args: string[]) => millrace(args, options),
    spawn: (...args: string[]) => spawnMillrace(args, options),
    /** A command whose step has begun. */
    waiting: async (word: string) => {
      const child = spawnMillrace(
        ['run', 'waits.yaml', '--json', '--input', `word=${word}`],
        options,
      );
      const end = ended(child);
      const isThere = () => existsSync(join(cwd, `begun-${word}`)) || undefined;
      await eventually(isThere, `the step of ${word} has begun`);
      return { child, end };
    },
    release: (word: string) => writeFiles(cwd, { [`end-${word}`]: '' }),
    serverFile,
    serverPid: () => (JSON.parse(readFileSync(serverFile, 'utf8')) as { pid: number }).pid,
  };
}

function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string }> {
  let stdout = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  return new Promise((done) => child.once('close', (code) => done({ code, stdout })));
}

function gone(pid: number): Promise<true> {
  return eventually(() => (existsSync(`/proc/${pid}`) ? undefined : true), `${pid} has ended`);
}

describe('commands that have no server', { timeout: 120_000 }, () => {
  it('start one, and all that come at the same time use it', async () => {
    const { run } = project('together');
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => run('run', 'quick.yaml', '--source', 'none', '--json')),
    );
    expect(answers.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      answers.map(() => ({ code: 0, stderr: expect.stringMatching(/^(the server stays .*\n)?$/) })),
    );
    expect(answers.map(({ stdout }) => lastLine(stdout).number).sort()).toEqual([1, 2, 3, 4]);
  });

  it.each(['ends', 'is killed'])('lose nothing when the one that started it %s', async (how) => {
    const { run, waiting, release, serverPid } = project(how.replace(' ', '-'));
    const starter = await waiting('first');
    const pid = serverPid();
    const other = await waiting('second');
    if (how === 'is killed') starter.child.kill('SIGKILL');
    else release('first');
    expect((await starter.end).code).toBe(how === 'is killed' ? null : 0);
    release('second');
    const { code, stdout } = await other.end;
    expect(code).toBe(0);
    await gone(pid);
    const shown = await run('show', String(lastLine(stdout).number), '--json');
    expect((JSON.parse(shown.stdout) as RunDto).steps[0]?.attempts).toHaveLength(1);
  });

  it('go on with another server when theirs is killed', async () => {
    const { run, waiting, release, serverPid, serverFile } = project('crash');
    const { end } = await waiting('only');
    process.kill(serverPid(), 'SIGKILL');
    release('only');
    const { code, stdout } = await end;
    expect(code).toBe(0);
    expect(existsSync(serverFile)).toBe(false);
    const shown = await run('show', String(lastLine(stdout).number), '--json');
    expect((JSON.parse(shown.stdout) as RunDto).steps[0]?.attempts).toHaveLength(2);
  });

  it('wake a server that another one uses only to read', async () => {
    const { run, spawn, serverFile, serverPid } = project('woken');
    expect((await run('run', 'quick.yaml', '--source', 'none')).code).toBe(0);
    const reader = spawn('events', '-f', '--json');
    const readerEnd = ended(reader);
    await eventually(() => existsSync(serverFile) || undefined, 'the reader has its server');
    const pid = serverPid();
    const answer = await run('run', 'quick.yaml', '--source', 'none', '--json');
    expect(answer.code).toBe(0);
    reader.kill('SIGINT');
    expect((await readerEnd).stdout).toContain(lastLine(answer.stdout).run);
    await gone(pid);
  });
});
