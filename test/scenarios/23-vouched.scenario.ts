import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freshDirectory, millrace, writeFiles } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

/** A project with a data directory of its own, as a repository or an archive brings it along. */
function project(name: string, state: Readonly<Record<string, string>>): string {
  const cwd = join(directory.path, name);
  writeFiles(cwd, { '.millrace.yaml': 'name: p\nsteps:\n  - { id: a, cmd: echo ran }\n' });
  mkdirSync(join(cwd, '.millrace'), { mode: 0o700 });
  for (const name of Object.keys(state))
    mkdirSync(join(cwd, '.millrace', name, '..'), { recursive: true, mode: 0o700 });
  writeFiles(join(cwd, '.millrace'), state);
  return cwd;
}

const refused = { code: 3, stderr: expect.stringContaining('[data-dir.not-ours]') };

describe('a data directory that came with the project', { timeout: 120_000 }, () => {
  it('runs nothing that its database settings name', async () => {
    const made = project('first', {});
    expect(await millrace(['run'], { cwd: made })).toMatchObject({ code: 0 });
    expect(await millrace(['stop'], { cwd: made })).toMatchObject({ code: 0 });
    const cwd = project('database', {});
    cpSync(join(made, '.millrace/pg'), join(cwd, '.millrace/pg'), { recursive: true });
    const proof = join(directory.path, 'ran');
    const command = `archive_mode = on\narchive_timeout = 1\narchive_command = 'touch ${proof}'\n`;
    writeFiles(cwd, { '.millrace/pg/cluster/postgresql.auto.conf': command });
    for (const words of [['runs'], ['run'], ['dev'], ['stop'], ['doctor'], ['show', 'latest']])
      expect(await millrace(words, { cwd })).toMatchObject({ code: 3 });
    expect(await millrace(['runs'], { cwd })).toMatchObject(refused);
    await new Promise((done) => setTimeout(done, 3_000));
    expect(existsSync(proof)).toBe(false);
  });

  it('removes, empties and writes to nothing elsewhere', async () => {
    const victim = join(directory.path, 'victim');
    writeFiles(victim, { file: 'theirs' });
    const cwd = project('links', { 'pg/server.json': JSON.stringify({ socketDir: victim }) });
    symlinkSync('../../victim', join(cwd, '.millrace/workspaces'));
    mkdirSync(join(cwd, '.millrace/logs'));
    symlinkSync(join(victim, 'file'), join(cwd, '.millrace/logs/server.out'));
    for (const words of [['runs'], ['run'], ['dev']])
      expect(await millrace(words, { cwd })).toMatchObject(refused);
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('theirs');
  });

  it('sends the token to no server that its settings name', async () => {
    const cwd = project('settings', { 'config.yaml': 'server: http://127.0.0.1:1\n' });
    expect(await millrace(['runs'], { cwd })).toMatchObject(refused);
  });

  it('cannot vouch for itself', async () => {
    const dataDir = join(directory.path, 'itself', '.millrace');
    const cwd = project('itself', { 'config.yaml': `trust_data_dir: ${dataDir}\n` });
    expect(await millrace(['runs'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('config.invalid'),
    });
  });

  it('is used when the user says that it is theirs, from then on', async () => {
    const cwd = project('own', { 'config.yaml': 'slots: 3\n' });
    const dataDir = join(cwd, '.millrace');
    expect(await millrace(['run'], { cwd })).toMatchObject({
      ...refused,
      stderr: expect.stringContaining(`MILLRACE_TRUST_DATA_DIR=${dataDir}`),
    });
    const env = { MILLRACE_TRUST_DATA_DIR: dataDir };
    expect(await millrace(['run'], { cwd, env })).toMatchObject({ code: 0 });
    expect(await millrace(['run'], { cwd })).toMatchObject({ code: 0 });
  });

  it('is never used where git tracks it', async () => {
    const cwd = project('tracked', { 'logs/old': '' });
    const git = (...args: readonly string[]) => execFileSync('git', ['-C', cwd, ...args]);
    git('init', '--quiet');
    git('add', '-f', '.millrace');
    const env = { MILLRACE_TRUST_DATA_DIR: join(cwd, '.millrace') };
    expect(await millrace(['run'], { cwd, env })).toMatchObject({
      ...refused,
      stderr: expect.stringContaining('index'),
    });
  });

  it('is not told to become private', async () => {
    const cwd = project('open', { 'logs/old': '' });
    chmodSync(join(cwd, '.millrace'), 0o755);
    const answer = await millrace(['runs'], { cwd });
    expect(answer).toMatchObject(refused);
    expect(answer.stderr).not.toContain('chmod');
    rmSync(join(cwd, '.millrace'), { recursive: true });
  });
});

describe('a data directory of ours', { timeout: 120_000 }, () => {
  // CI and containers set it; the server in the background has that of the account.
  it('is known to the server also where HOME is not the account’s', async () => {
    const cwd = project('home', {});
    const env = { HOME: join(directory.path, 'their-home'), XDG_STATE_HOME: '' };
    for (const words of [['run'], ['stop'], ['runs']])
      expect(await millrace(words, { cwd, env })).toMatchObject({ code: 0 });
    const base = join(env.HOME, '.local/state/millrace');
    const [name, ...rest] = readdirSync(base);
    expect(rest).toEqual([]);
    const mark = readFileSync(join(base, name ?? '', '.data-directory'), 'utf8');
    expect(mark.split('\n')[0]).toBe(join(cwd, '.millrace'));
    const id = readFileSync(join(cwd, '.millrace/data-directory-id'), 'utf8').trim();
    // Steps see the name in their paths, and whoever knows the id could make what is believed.
    expect(id).not.toBe(name);
  });
});
