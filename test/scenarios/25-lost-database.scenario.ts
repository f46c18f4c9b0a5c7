import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTestPostgres } from '#libs/testkit';
import { freshDirectory, millrace, writeFiles } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

/** Commands in a directory of its own. */
function commandsIn(name: string) {
  const cwd = join(directory.path, name);
  const dataDir = join(cwd, '.millrace');
  writeFiles(cwd, { 'quick.yaml': 'name: quick\nsteps: [{ id: only, cmd: echo quick }]\n' });
  const cli = (...args: string[]) =>
    millrace(args, { cwd, env: { MILLRACE_SANDBOX: 'process', MILLRACE_LISTEN: '127.0.0.1:0' } });
  const run = (...more: string[]) => cli('run', 'quick.yaml', '--source', 'none', ...more);
  return {
    dataDir,
    cli,
    run,
    at: (file: string) => join(dataDir, file),
    numbers: async (...more: string[]) => {
      const { stdout } = await cli('runs', '--json', ...more);
      return stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { number: number }).number);
    },
  };
}

/** Where something has run. */
async function project(name: string, ...flags: readonly string[]) {
  const commands = commandsIn(name);
  expect(await commands.run(...flags)).toMatchObject({ code: 0, stderr: '' });
  expect((await commands.cli('stop')).code).toBe(0);
  return commands;
}

async function freshUrl(): Promise<string> {
  // The server makes what it needs in an empty database.
  const postgres = await startTestPostgres();
  return (await postgres.freshDatabase({ migrationsDir: import.meta.dirname })).url();
}

const refusal = (message: string) => ({
  code: 3,
  stdout: '',
  stderr: expect.stringMatching(
    new RegExp(
      `^error: ${message} \\[data-dir\\.no-database\\]\n {2}Name the database again by --db `,
    ),
  ),
});

describe('a data directory', { timeout: 120_000 }, () => {
  it('without its embedded database is refused, and goes on when that is back', async () => {
    const { dataDir, cli, run, at, numbers } = await project('moved');
    renameSync(at('pg'), join(directory.path, 'away'));
    const refused = refusal(
      `the embedded database of ${dataDir} is gone: there is no .*/pg/cluster`,
    );
    for (const args of [['runs'], ['show', 'latest'], ['dev']])
      expect(await cli(...args)).toMatchObject(refused);
    expect(await run()).toMatchObject(refused);
    const findings = await cli('doctor', '--json');
    expect(findings).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/"check":"database","state":"problem"/),
    });
    // Made before there was a note.
    renameSync(at('database'), at('database.away'));
    expect(await cli('runs')).toMatchObject(refusal(`the database of ${dataDir} is gone: .*`));
    expect(await run()).toMatchObject(refusal(`the database of ${dataDir} is gone: .*`));
    expect(existsSync(at('pg'))).toBe(false);
    renameSync(at('database.away'), at('database'));
    renameSync(join(directory.path, 'away'), at('pg'));
    expect(await run()).toMatchObject({ code: 0 });
    expect(await numbers()).toEqual([2, 1]);
    expect((await cli('stop')).code).toBe(0);
    // One that was made before there was a note keeps the one that it has.
    rmSync(at('database'));
    expect(await numbers()).toEqual([2, 1]);
    expect(readFileSync(at('database'), 'utf8')).toBe('embedded\n');
  });

  it('whose database is elsewhere is refused while nobody names that', async () => {
    const url = await freshUrl();
    const { dataDir, cli, run, at, numbers } = await project('elsewhere', '--db', url);
    const refused = refusal(`${dataDir} was used with a database elsewhere, and none is named now`);
    expect(await cli('runs')).toMatchObject(refused);
    expect(await run()).toMatchObject(refused);
    expect(existsSync(at('pg'))).toBe(false);
    expect(readFileSync(at('database'), 'utf8')).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(await run('--db', url)).toMatchObject({ code: 0, stderr: '' });
    expect(await numbers('--db', url)).toEqual([2, 1]);
    expect((await cli('stop')).code).toBe(0);
    const other = await run('--db', await freshUrl());
    expect(other).toMatchObject({
      code: 0,
      stderr: `${dataDir} was used with another database before, and is with the one that is named from now on: runs of before are not in it\n`,
    });
  });

  it('whose first database could not be reached has none', async () => {
    const { cli, run, numbers } = commandsIn('first');
    const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
    expect(await run('--db', nowhere)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('[postgres.unreachable]'),
    });
    expect(await cli('runs')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing has run here yet'),
    });
    expect(await run()).toMatchObject({ code: 0 });
    expect(await numbers()).toEqual([1]);
  });
});
