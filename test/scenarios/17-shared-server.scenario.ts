import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunDto, ServerFile } from '#libs/api-contract';
import { takesRoot } from '#libs/testkit';
import {
  type CliAnswer,
  eventually,
  freshDirectory,
  millrace,
  packageRoot,
  spawnMillrace,
  writeFiles,
} from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

/** For what is about the end of a server that nobody needs. */
const endsSoon = { MILLRACE_IDLE_EXIT: '2s' };

const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

/** A directory with pipelines, and commands that work in it. */
function project(name: string, given: Readonly<Record<string, string>> = {}) {
  const cwd = join(directory.path, name);
  writeFiles(cwd, {
    // It says that it has begun, and goes on until its file is there.
    'waits.yaml': `name: waits
inputs: { word: { type: string } }
steps:
  - id: wait
    retry: { max: 2, on: [worker_lost] }
    cmd: |
      echo $$ > ${cwd}/begun-\${{ inputs.word }}
      while [ ! -e ${cwd}/end-\${{ inputs.word }} ]; do sleep 0.05; done
      echo waited
`,
    'quick.yaml': 'name: quick\nsteps:\n  - { id: only, cmd: echo quick }\n',
  });
  // The steps look outside of their workspace.
  const env = { MILLRACE_SANDBOX: 'process', ...given };
  const options = { cwd, env };
  const serverFile = join(cwd, '.millrace/server.json');
  const server = () => JSON.parse(readFileSync(serverFile, 'utf8')) as ServerFile;
  return {
    cwd,
    run: (...args: string[]) => millrace(args, options),
    quick: (more: Readonly<Record<string, string>> = {}) =>
      millrace(['run', 'quick.yaml', '--source', 'none', '--json'], {
        cwd,
        env: { ...env, ...more },
      }),
    spawn: (...args: string[]) => spawnMillrace(args, options),
    /** A command whose step has begun. */
    waiting: async (word: string) => {
      const child = spawnMillrace(
        ['run', 'waits.yaml', '--source', 'none', '--json', '--input', `word=${word}`],
        options,
      );
      const end = ended(child);
      const isThere = () => existsSync(join(cwd, `begun-${word}`)) || undefined;
      await eventually(isThere, `the step of ${word} has begun`);
      return { child, end };
    },
    release: (word: string) => writeFiles(cwd, { [`end-${word}`]: '' }),
    serverFile,
    server,
    show: async (ref: string) =>
      JSON.parse((await millrace(['show', ref, '--json'], options)).stdout) as RunDto,
  };
}

function ended(child: ChildProcess): Promise<CliAnswer> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.once('close', (code) => done({ code, stdout, stderr })));
}

function gone(pid: number): Promise<true> {
  return eventually(() => (existsSync(`/proc/${pid}`) ? undefined : true), `${pid} has ended`);
}

describe('commands that have no server', { timeout: 180_000 }, () => {
  it('start one, and all that come at the same time use it', async () => {
    const { quick, server } = project('together', endsSoon);
    const answers = await Promise.all(Array.from({ length: 4 }, () => quick()));
    expect(answers.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      answers.map(() => ({ code: 0, stderr: '' })),
    );
    expect(answers.map(({ stdout }) => lastLine(stdout).number).sort()).toEqual([1, 2, 3, 4]);
    expect(new Set(answers.map(({ stdout }) => new URL(lastLine(stdout).url).host)).size).toBe(1);
    await gone(server().pid);
  });

  it.each(['ends', 'is killed'])('lose nothing when the one that started it %s', async (how) => {
    const { waiting, release, server, run, show } = project(how.replace(' ', '-'));
    const starter = await waiting('first');
    const { pid } = server();
    const other = await waiting('second');
    if (how === 'is killed') starter.child.kill('SIGKILL');
    else release('first');
    expect((await starter.end).code).toBe(how === 'is killed' ? null : 0);
    release('second');
    const { code, stdout } = await other.end;
    expect(code).toBe(0);
    expect((await show(String(lastLine(stdout).number))).steps[0]?.attempts).toHaveLength(1);
    release('first');
    // What the killed one had started has not died with it.
    expect((await run('watch', '1')).code).toBe(0);
    expect((await show('1')).steps[0]?.attempts).toHaveLength(1);
    expect(server().pid).toBe(pid);
  });

  it('start it in a session of its own, which no terminal ends', async () => {
    const { quick, server } = project('session');
    await quick();
    const { pid } = server();
    const [, , group, session, terminal] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    expect([group, session, terminal]).toEqual([String(pid), String(pid), '0']);
    process.kill(pid, 'SIGHUP');
    expect((await quick()).code).toBe(0);
    expect(server().pid).toBe(pid);
  });

  it('let it begin its file of words anew where that has become large', async () => {
    const { cwd, quick } = project('words');
    const path = join(cwd, '.millrace/logs/server.out');
    expect((await quick()).code).toBe(0);
    expect((await millrace(['stop'], { cwd })).code).toBe(0);
    writeFiles(cwd, { '.millrace/logs/server.out': 'x'.repeat(1_100_000) });
    expect((await quick()).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toMatch(/^millrace .* is ready; /);
  });

  it('leave it to work that came over HTTP, and it ends by itself behind that', async () => {
    const { waiting, release, server, cwd, show } = project('over-http', {
      ...endsSoon,
      MILLRACE_ISOLATION_MIN: 'none',
    });
    const starter = await waiting('only');
    const { url, pid } = server();
    const token = readFileSync(join(cwd, '.millrace/admin-token'), 'utf8').trim();
    // Longer than it stays without work.
    const yaml =
      'name: later\nsteps: [{ id: a, cmd: sleep 3 }, { id: b, depends_on: [a], cmd: sleep 3 }]';
    const accepted = await fetch(`${url}/api/v1/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ yaml, source: { kind: 'none' } }),
    });
    expect(accepted.status).toBe(201);
    starter.child.kill('SIGKILL');
    release('only');
    await gone(pid);
    const run = await show('2');
    expect([run.outcome, run.steps.map(({ attempts }) => attempts.length)]).toEqual([
      'success',
      [1, 1],
    ]);
  });

  it('go on with another server when theirs is killed', async () => {
    const { waiting, release, server, show } = project('crash');
    const { end } = await waiting('only');
    const { pid } = server();
    process.kill(pid, 'SIGKILL');
    release('only');
    const { code, stdout } = await end;
    expect(code).toBe(0);
    expect(server().pid).not.toBe(pid);
    const run = await show(String(lastLine(stdout).number));
    expect(run.steps[0]?.attempts).toHaveLength(2);
  });

  it('hear why it does not start', async () => {
    const { quick } = project('refused', {
      MILLRACE_DB_URL: 'postgres://nobody@127.0.0.1:1/nothing',
    });
    const answer = await quick();
    expect([answer.code, answer.stderr]).toEqual([
      3,
      expect.stringMatching(/^error: .+ \[postgres\.unreachable\]$/m),
    ]);
  });

  it.runIf(takesRoot)('are refused where the data directory is another’s', async () => {
    const { quick, cwd } = project('foreign');
    mkdirSync(join(cwd, '.millrace'), { mode: 0o700 });
    chownSync(join(cwd, '.millrace'), 12345, 12345);
    const answer = await quick();
    expect([answer.code, answer.stderr]).toEqual([
      3,
      expect.stringContaining('[data-dir.not-private]'),
    ]);
  });
});

describe('a server in the background', { timeout: 180_000 }, () => {
  it('has nothing of the shell that starts it, and takes settings from whoever asks', async () => {
    const { cwd, server, quick } = project('environment');
    const tools = join(cwd, 'tools');
    writeFiles(cwd, {
      'tools/own-tool': '#!/bin/sh\necho found\n',
      'quick.yaml': 'name: quick\nsteps: [{ id: only, cmd: own-tool }]\n',
    });
    chmodSync(join(tools, 'own-tool'), 0o755);
    const shell = { SECRET_OF_SHELL: 'x', PATH: `${tools}:${process.env.PATH}` };
    expect((await quick(shell)).code).toBe(1);
    const first = server().pid;
    const environment = readFileSync(`/proc/${first}/environ`, 'utf8').split('\0');
    expect(environment.filter((entry) => /SECRET|tools/.test(entry))).toEqual([]);
    // The setting is asked for by name: the server makes way for one that has it.
    expect(await quick({ MILLRACE_HOST_PATH: tools })).toMatchObject({
      code: 0,
      stderr: `the idle server (pid ${first}) is replaced: other settings (host_path)\n`,
    });
    const second = server().pid;
    expect(second).not.toBe(first);
    // Who asks for nothing takes what is there.
    expect((await quick()).code).toBe(0);
    expect(server().pid).toBe(second);
    // What is read is the same by all settings.
    const asked = { MILLRACE_SANDBOX: 'process', MILLRACE_ISOLATION_MIN: 'standard' };
    expect(await millrace(['runs'], { cwd, env: asked })).toMatchObject({ code: 0, stderr: '' });
    expect(server().pid).toBe(second);
  });

  it('works by the settings that it has while it is in use, and that is said', async () => {
    const { quick, waiting, release, server } = project('in-use');
    const { end } = await waiting('only');
    const { pid } = server();
    const answer = await quick({ MILLRACE_LABELS: 'special' });
    expect(answer).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('(labels) and is in use'),
    });
    expect(server().pid).toBe(pid);
    release('only');
    expect((await end).code).toBe(0);
  });

  it('is at rest for a command that reads: unfinished runs are listed, not resumed', async () => {
    const { run, waiting, release, server, quick, show } = project('at-rest');
    const { child, end } = await waiting('only');
    child.kill('SIGKILL');
    await end;
    process.kill(server().pid, 'SIGKILL');
    const newest = async () => lastLine((await run('events', '--json')).stdout).position;
    const before = await newest();
    const runs = await run('runs');
    expect(runs.stdout).toMatch(/^1 +waits +running/m);
    expect(runs.stderr).toMatch(/millrace[^`]* dev` or `[^`]*millrace[^`]* run` goes on with it/);
    expect((await run('executors', '--json')).code).toBe(0);
    expect(await newest()).toBe(before);
    // One that needs work wakes it.
    const { pid } = server();
    release('only');
    expect((await quick()).code).toBe(0);
    expect(server().pid).toBe(pid);
    expect((await run('watch', '1')).code).toBe(0);
    expect((await show('1')).steps[0]?.attempts).toHaveLength(2);
  });

  it('begins to work at rest for a run that comes over HTTP', async () => {
    const { cwd, quick, run, server } = project('woken-http', { MILLRACE_ISOLATION_MIN: 'none' });
    expect((await quick()).code).toBe(0);
    expect((await run('stop')).code).toBe(0);
    expect((await run('runs')).code).toBe(0);
    const token = readFileSync(join(cwd, '.millrace/admin-token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const started = await fetch(`${server().url}/api/v1/runs`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ yaml: readFileSync(join(cwd, 'quick.yaml'), 'utf8') }),
    });
    expect(started.status).toBe(201);
    const { id } = (await started.json()) as { id: string };
    await eventually(async () => {
      const answer = await fetch(`${server().url}/api/v1/runs/${id}`, { headers });
      return ((await answer.json()) as RunDto).outcome === 'success' || undefined;
    }, 'the run has ended');
    expect((await run('stop')).code).toBe(0);
  });

  it('goes on for a reader when another command wakes it', async () => {
    const { quick, spawn, serverFile, server } = project('woken', endsSoon);
    await quick();
    await gone(server().pid);
    const reader = spawn('events', '-f', '--json');
    const readerEnd = ended(reader);
    await eventually(() => existsSync(serverFile) || undefined, 'the reader has its server');
    const { pid } = server();
    const answer = await quick();
    expect(answer.code).toBe(0);
    expect(server().pid).toBe(pid);
    reader.kill('SIGINT');
    expect((await readerEnd).stdout).toContain(lastLine(answer.stdout).run);
    await gone(pid);
  });

  it('makes way for a newer version when nobody needs it, and is used while it is in use', async () => {
    const { cwd, quick, waiting, release, server } = project('upgrade');
    const newer = installedAs('999.0.0');
    const byNewer = (...args: string[]) =>
      millrace(args, { cwd, env: { MILLRACE_SANDBOX: 'process' }, root: newer });
    const { end } = await waiting('only');
    const old = server();
    const busy = await byNewer('run', 'quick.yaml', '--source', 'none');
    expect(busy).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`is of version ${old.version} and is in use, so it stays`),
    });
    expect(server().pid).toBe(old.pid);
    release('only');
    expect((await end).code).toBe(0);
    const idle = await byNewer('run', 'quick.yaml', '--source', 'none');
    expect(idle).toMatchObject({ code: 0, stderr: '' });
    expect(server()).toMatchObject({ version: '999.0.0' });
    await gone(old.pid);
    // An older command takes what is there.
    expect(await quick()).toMatchObject({ code: 0, stderr: '' });
    expect(server()).toMatchObject({ version: '999.0.0' });
  });

  it.each(['removed', 'replaced'])('is gone when its data directory is %s', async (how) => {
    const { cwd, quick, server, waiting } = project(how);
    const { child } = await waiting('only');
    const { pid } = server();
    const dataDir = join(cwd, '.millrace');
    const postmaster = Number(
      readFileSync(join(dataDir, 'pg/cluster/postmaster.pid'), 'utf8').split('\n')[0],
    );
    const step = Number(readFileSync(join(cwd, 'begun-only'), 'utf8'));
    child.kill('SIGKILL');
    if (how === 'removed') rmSync(dataDir, { recursive: true, force: true });
    else {
      renameSync(dataDir, `${dataDir}-before`);
      expect((await quick({ MILLRACE_IDLE_EXIT: '1h' })).code).toBe(0);
    }
    await gone(pid);
    await gone(postmaster);
    await gone(step);
    if (how === 'removed') return;
    // And whoever came in its place has lost nothing.
    const next = server();
    expect((await quick({ MILLRACE_IDLE_EXIT: '1h' })).code).toBe(0);
    expect(server()).toEqual(next);
  });
});

/** Another version of the package beside this one, from the same build. */
function installedAs(version: string): string {
  const root = join(directory.path, `millrace-${version}`);
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as object;
  mkdirSync(root);
  for (const name of ['dist', 'migrations', 'services/cli/bin'])
    cpSync(join(packageRoot, name), join(root, name), { recursive: true });
  symlinkSync(join(packageRoot, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, version }));
  return root;
}
