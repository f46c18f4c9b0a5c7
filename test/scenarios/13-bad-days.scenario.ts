import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { eventually, freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());
const dataDirOf = (name: string) => join(directory.path, name);

const postmaster = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'pg/cluster/postmaster.pid'), 'utf8').split('\n')[0]);
const isAlive = (pid: number) => spawnSync('kill', ['-0', String(pid)]).status === 0;

describe('a server that is killed', { timeout: 120_000 }, () => {
  it('goes on where it was: safe steps run again, others end as the system’s error', async () => {
    const dataDir = dataDirOf('killed');
    const gate = join(directory.path, 'gate');
    const begun = join(directory.path, 'begun');
    const wait = `echo $MILLRACE_ATTEMPT >> ${begun}.$MILLRACE_STEP; while [ ! -e ${gate} ]; do sleep 0.05; done`;
    const first = await TestServer.start({ dataDir });
    const { id } = await first.startRun({
      yaml: `name: killed
steps:
  - { id: safe, cmd: '${wait}', retry: { max: 2, on: [worker_lost] } }
  - { id: unsafe, cmd: '${wait}' }
  - { id: behind, depends_on: [safe], cmd: "true" }
`,
    });
    await eventually(
      () => (existsSync(`${begun}.safe`) && existsSync(`${begun}.unsafe`)) || undefined,
      'both steps run',
    );
    await first.kill();
    writeFileSync(gate, '');
    const second = await TestServer.start({ dataDir });
    const run = await second.finished(id);
    expect(
      run.steps.map(({ id: step, outcome, cause, attempts }) => [
        step,
        outcome,
        cause,
        attempts.length,
      ]),
    ).toEqual([
      ['safe', 'success', 'exit', 2],
      ['unsafe', 'error', 'worker-lost', 1],
      ['behind', 'success', 'exit', 1],
    ]);
    expect(readFileSync(`${begun}.safe`, 'utf8')).toBe('1\n2\n');
    expect(readFileSync(`${begun}.unsafe`, 'utf8')).toBe('1\n');
    expect(run.outcome).toBe('error');
    expect(await second.stop()).toBe(0);
    expect(existsSync(join(dataDir, 'server.json'))).toBe(false);
  });

  it('leaves no database behind when it is stopped', async () => {
    const dataDir = dataDirOf('stopped');
    const server = await TestServer.start({ dataDir });
    const pid = postmaster(dataDir);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a database that is killed', { timeout: 120_000 }, () => {
  it('comes back, and every accepted run reaches its end', async () => {
    const dataDir = dataDirOf('database');
    const server = await TestServer.start({ dataDir });
    const started: string[] = [];
    for (let run = 0; run < 6; run += 1) {
      started.push(
        (
          await server.startRun({
            yaml: `name: steady\nsteps:\n  - { id: a, cmd: sleep 0.5 }\n  - { id: b, depends_on: [a], cmd: sleep 0.5 }\n`,
          })
        ).id,
      );
    }
    process.kill(postmaster(dataDir), 'SIGKILL');
    for (const id of started) {
      const run = await eventually(
        async () => {
          const answer = await server.client
            .call(operations.showRun, { params: { id } })
            .catch(() => undefined);
          return answer?.status === 'finished' ? answer : undefined;
        },
        `run ${id} has finished`,
        90_000,
      );
      expect(run.outcome).toBe('success');
      for (const step of run.steps)
        expect(step.attempts.filter(({ outcome }) => outcome === 'success')).toHaveLength(1);
    }
    await server.stop();
  });
});

describe('a server that cannot start says why in one line', { timeout: 60_000 }, () => {
  const startsNot = async (args: readonly string[]) => {
    const answer = await millrace(['dev', ...args], { cwd: directory.path });
    expect(answer.stderr).toMatch(/^error: .+ \[[a-z-]+\.[a-z-]+\]$/m);
    expect(answer.stderr).not.toMatch(/\n {4}at /);
    return answer;
  };

  it('where the port or the data directory is taken', async () => {
    const dataDir = dataDirOf('taken');
    const server = await TestServer.start({ dataDir });
    const address = new URL(server.file.url).host;
    const port = await startsNot(['--data-dir', dataDirOf('other'), '--listen', address]);
    expect([port.code, port.stderr]).toEqual([
      3,
      expect.stringContaining(`${address} is in use by the Millrace server`),
    ]);
    const data = await startsNot(['--data-dir', dataDir, '--listen', '127.0.0.1:0']);
    expect([data.code, data.stderr]).toEqual([3, expect.stringContaining('[data-dir.in-use]')]);
    await server.stop();
  });

  it('where the data directory cannot be written', async () => {
    writeFileSync(join(directory.path, 'file'), '');
    const below = join(directory.path, 'file', 'below');
    const answer = await startsNot(['--data-dir', below, '--listen', '127.0.0.1:0']);
    expect([answer.code, answer.stderr]).toEqual([
      3,
      expect.stringContaining('[data-dir.not-writable]'),
    ]);
  });

  it('where a setting makes no sense', async () => {
    const answer = await startsNot(['--listen', 'nowhere']);
    expect([answer.code, answer.stderr]).toEqual([2, expect.stringContaining('[config.invalid]')]);
  });
});

describe('an old commit of the working tree', { timeout: 60_000 }, () => {
  it('is not what runs: the tree as it is does', async () => {
    const repository = join(directory.path, 'repository');
    mkdirSync(repository);
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: repository,
      });
    writeFileSync(join(repository, 'tracked'), 'committed');
    writeFileSync(join(repository, '.gitignore'), 'ignored\n');
    writeFileSync(
      join(repository, '.millrace.yaml'),
      'name: tree\nsteps:\n  - { id: look, cmd: cat tracked new; ls -A }\n',
    );
    git('init', '--quiet');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'one');
    writeFileSync(join(repository, 'tracked'), 'dirty ');
    writeFileSync(join(repository, 'new'), 'untracked\n');
    writeFileSync(join(repository, 'ignored'), 'x');
    const answer = await millrace(['--sandbox', 'process', 'run'], { cwd: repository });
    expect(answer.code).toBe(0);
    expect(answer.stdout).toContain('dirty untracked');
    expect(answer.stdout).not.toContain('ignored\n');
    // A repository at the commit, whose changes are the user's.
    expect(answer.stdout).toContain('│ .git\n');
  });
});
