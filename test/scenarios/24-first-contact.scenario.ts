import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ServerFile } from '#libs/api-contract';
import { freshDirectory, millrace, spawnMillrace, TestServer, writeFiles } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

const place = (name: string) => {
  const cwd = join(directory.path, name);
  mkdirSync(cwd);
  return { cwd, dataDir: join(cwd, '.millrace') };
};

describe('where nothing has run', { timeout: 60_000 }, () => {
  const { cwd, dataDir } = place('nothing');
  const run = (...args: string[]) => millrace(args, { cwd });
  const words = `nothing has run here yet: there is no state in ${dataDir}`;

  it.each(['runs', 'events', 'events -f', 'executors', 'projections'])(
    '%s says so',
    async (command) => {
      const args = command.split(' ');
      expect(await run(...args)).toEqual({ code: 0, stdout: `${words}\n`, stderr: '' });
      expect(await run(...args, '--json')).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(existsSync(dataDir)).toBe(false);
    },
  );

  it.each([
    ...['show', 'logs', 'watch', 'replay', 'artifacts', 'why', 'cancel', 'retry'].map((name) => [
      name,
      'latest',
      'run.not-found',
    ]),
    ['executors drain', '0197f1d0-0000-7000-8000-000000000000', 'executor.not-found'],
    ['projections rebuild', 'run-list', 'request.not-found'],
  ])('%s finds none of that name', async (name = '', ref = '', code) => {
    const answer = await run(...name.split(' '), ref);
    expect(answer).toEqual({
      code: 6,
      stdout: '',
      stderr: expect.stringMatching(/^error: [^\n]+\n {2}[^\n]*millrace\S* run` starts the first/),
    });
    expect(answer.stderr).toContain(`${words} [${code}]`);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('init', { timeout: 60_000 }, () => {
  it('writes no second file below that of a project, unless it is asked to', async () => {
    const { cwd } = place('init');
    const part = join(cwd, 'part');
    mkdirSync(join(cwd, '.git'));
    mkdirSync(part);
    const file = join(part, '.millrace.yaml');
    expect((await millrace(['init'], { cwd })).code).toBe(0);
    for (const [where, named] of [
      [cwd, '.millrace.yaml exists already'],
      [part, '../.millrace.yaml is the pipeline file of this directory, too'],
    ] as const)
      expect(await millrace(['init'], { cwd: where })).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining(`error: ${named} [init.exists]`),
      });
    expect(existsSync(file)).toBe(false);
    expect(await millrace(['init', '--here'], { cwd: part })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('here and below it takes the place of ../.millrace.yaml'),
    });
    expect(existsSync(file)).toBe(true);
    expect((await millrace(['init', '--here'], { cwd: part })).code).toBe(2);
  });
});

describe('doctor', { timeout: 60_000 }, () => {
  const { cwd, dataDir } = place('doctor');
  const env = { HOME: join(cwd, 'home'), XDG_STATE_HOME: join(cwd, 'state') };

  it('only looks: it tries everything, and makes nothing', async () => {
    const { code, stdout } = await millrace(['doctor'], { cwd, env });
    expect(code).toBe(0);
    expect(stdout).toContain(`data directory   ${dataDir} (not there yet), `);
    expect(stdout).toMatch(/sandbox process +works/);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('looks for programs where the server would, not where this shell does', async () => {
    const { stdout } = await millrace(['doctor'], { cwd, env: { ...env, PATH: '/nonexistent' } });
    expect(stdout).toMatch(/✓ git +git version /);
  });

  it('says in one sentence what would help with what fails', async () => {
    mkdirSync(dataDir, { mode: 0o755 });
    const open = await millrace(['doctor', '--json'], { cwd, env });
    expect([open.code, lastFinding(open.stdout)]).toEqual([
      3,
      expect.objectContaining({ state: 'problem', cure: expect.stringContaining('mode 700') }),
    ]);
    expect(readdirSync(dataDir)).toEqual([]);
    const asked = ['--data-dir', '/proc/millrace', 'doctor'];
    expect((await millrace(asked, { cwd, env })).stdout).toMatch(
      /✗ data directory .*\n +→ .*--data-dir/,
    );
  });
});

const lastFinding = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

describe('the address of a server elsewhere', { timeout: 60_000 }, () => {
  const { cwd } = place('address');
  const elsewhere = 'http://127.0.0.1:1';

  it.each([['dev'], ['doctor'], ['stop'], ['init'], ['plan'], ['explain', 'graph.cycle']])(
    'is refused by %s, which would not go there',
    async (...args) => {
      for (const asked of [
        ['--server', elsewhere, ...args],
        [...args, '--server', elsewhere],
      ])
        expect(await millrace(asked, { cwd })).toEqual({
          code: 2,
          stdout: '',
          stderr: expect.stringMatching(/unknown option '--server'.* \[usage\.invalid\]/),
        });
      expect((await millrace([...args, '--help'], { cwd })).stdout).not.toContain('--server');
      expect(existsSync(join(cwd, '.millrace.yaml'))).toBe(false);
    },
  );

  it('does not go with what only a server here would be like', async () => {
    const asked = ['runs', '--server', elsewhere, '--sandbox', 'oci'];
    expect(await millrace(asked, { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'--server <url>' cannot be used with option '--sandbox"),
    });
    expect((await millrace(['runs', '--help'], { cwd })).stdout).toContain('--server');
  });
});

describe('dev, where its port is taken', { timeout: 60_000 }, () => {
  const listening = (server: Server) =>
    new Promise<string>((done) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        done(`127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
      }),
    );

  it('says by whom and what to do, and leaves the server in the background alone', async () => {
    const { cwd, dataDir } = place('taken');
    writeFiles(cwd, { 'quick.yaml': 'name: quick\nsteps: [{ id: only, cmd: "true" }]\n' });
    const env = { MILLRACE_SANDBOX: 'process' };
    const quick = await millrace(['run', 'quick.yaml', '--source', 'none'], { cwd, env });
    expect(quick.code).toBe(0);
    const server = () => JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8'));
    const before: ServerFile = server();
    const other = createServer((socket) => socket.destroy());
    const address = await listening(other);
    try {
      expect(await millrace(['dev', '--listen', address], { cwd, env })).toEqual({
        code: 3,
        stdout: '',
        stderr: expect.stringMatching(
          new RegExp(
            `^error: ${address} is in use by another program \\[port.taken\\]\n .*--listen`,
          ),
        ),
      });
    } finally {
      other.close();
    }
    expect(server()).toEqual(before);
    const doctor = await millrace(['doctor'], { cwd, env });
    expect(doctor.stdout).toContain(`${before.url}, pid ${before.pid}`);
  });

  it('knows another server of ours', async () => {
    const { cwd, dataDir } = place('ours');
    const other = await TestServer.start({ dataDir: join(directory.path, 'other') });
    const address = new URL(other.file.url).host;
    const answer = await millrace(['dev', '--listen', address], { cwd });
    expect(answer).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`${address} is in use by the Millrace server of another`),
    });
    expect(existsSync(dataDir)).toBe(false);
    await other.stop();
  });

  it('takes that of the server in the background, which makes way', async () => {
    const { cwd, dataDir } = place('own');
    writeFiles(cwd, { 'quick.yaml': 'name: quick\nsteps: [{ id: only, cmd: "true" }]\n' });
    const env = { MILLRACE_SANDBOX: 'process' };
    expect((await millrace(['run', 'quick.yaml', '--source', 'none'], { cwd, env })).code).toBe(0);
    const { url, pid }: ServerFile = JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8'));
    const dev = spawnMillrace(['dev', '--listen', new URL(url).host], { cwd, env });
    let said = '';
    dev.stderr?.on('data', (text) => {
      said += text;
    });
    await expect.poll(() => said).toContain(`is ready; its API: ${url}/`);
    expect(said).toContain(`(pid ${pid}) made way`);
    dev.kill('SIGTERM');
    await new Promise((done) => dev.once('exit', done));
  });
});
