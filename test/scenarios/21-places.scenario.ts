import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takesRoot } from '#libs/testkit';
import { freshDirectory, millrace, packageRoot, writeFiles } from './harness.ts';

const directory = freshDirectory();
const repository = join(directory.path, 'repository');
const sub = join(repository, 'deep/er');
afterAll(async () => {
  await millrace(['stop'], { cwd: repository });
  directory.remove();
});

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: repository,
    encoding: 'utf8',
  }).trimEnd();

beforeAll(() => {
  writeFiles(repository, {
    '.gitignore': '.millrace/\n',
    '.millrace.yaml': `name: place
steps:
  - id: look
    cmd: |
      git status --porcelain
      git rev-parse HEAD
      git log -1 --format=%s
      env | grep '^GIT_' | grep -v GIT_CEILING_DIRECTORIES || echo no variables of git
      cat deep/er/file
`,
    'deep/er/file': 'deep\n',
  });
  git('init', '--quiet', '-b', 'main');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'first');
});

const linesOf = (stdout: string) =>
  stdout
    .split('\n')
    .flatMap((line) => (/│ (.*)$/.exec(line)?.[1] ?? '').split('\n'))
    .filter(Boolean);
const run = (cwd: string, env: Readonly<Record<string, string>> = {}) =>
  millrace(['--sandbox', 'process', 'run'], { cwd, env });

describe('a command', { timeout: 120_000 }, () => {
  it('in a subdirectory finds pipeline, files and server of the project', async () => {
    const answer = await run(sub);
    expect(answer).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`the files of ${repository} are what runs`),
    });
    expect(answer.stdout).toContain(`│ ${git('rev-parse', 'HEAD')}\n`);
    expect(answer.stdout).toContain('│ deep\n');
    expect(existsSync(join(repository, '.millrace'))).toBe(true);
    expect(existsSync(join(sub, '.millrace'))).toBe(false);
    const runs = await millrace(['runs', '--json'], { cwd: sub });
    expect(runs.stdout.trim().split('\n')).toHaveLength(1);
    const plan = await millrace(['validate'], { cwd: sub });
    expect(plan).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\.\.\/\.\.\/\.millrace\.yaml: valid/),
    });
  });

  it('in a worktree has its files and a server of its own', async () => {
    const side = join(directory.path, 'side');
    git('worktree', 'add', '--quiet', '-b', 'side', side);
    writeFileSync(join(side, 'deep/er/file'), 'of the side\n');
    const answer = await run(join(side, 'deep'));
    expect(answer.code).toBe(0);
    expect(answer.stdout).toContain('│ of the side\n');
    expect(answer.stdout).toContain('│  M deep/er/file\n');
    expect(existsSync(join(side, '.millrace'))).toBe(true);
    await millrace(['stop'], { cwd: side });
    git('worktree', 'remove', '--force', side);
  });

  it('asked for a commit of a repository on this machine says how that runs', async () => {
    const asked = [
      ['--git', '.', '--commit', 'HEAD'],
      ['--commit', 'HEAD'],
    ];
    for (const args of asked) {
      const answer = await millrace(['--sandbox', 'process', 'run', ...args], { cwd: sub });
      expect(answer).toMatchObject({ code: 2, stdout: '' });
      expect(answer.stderr).toContain('the working tree is sent [source.malformed]');
      const [, command = ''] = /`(git -C .*)`/.exec(answer.stderr) ?? [];
      const tree = `${repository}-HEAD`;
      const pasted = spawnSync('bash', ['-c', command], { cwd: sub, encoding: 'utf8' });
      git('worktree', 'remove', '--force', tree);
      expect(pasted.stdout).toContain(`│ ${git('rev-parse', 'HEAD')}\n`);
      expect(existsSync(join(tree, '.millrace'))).toBe(false);
    }
  });

  it('obeys nothing of git’s environment', async () => {
    const other = join(directory.path, 'other');
    mkdirSync(other);
    execFileSync('git', ['init', '--quiet'], { cwd: other });
    const answer = await run(repository, {
      GIT_DIR: join(other, '.git'),
      GIT_WORK_TREE: other,
      GIT_INDEX_FILE: join(other, 'index'),
      GIT_OBJECT_DIRECTORY: join(other, 'objects'),
      GIT_NAMESPACE: 'x',
      GIT_PREFIX: 'deep/',
      GIT_CONFIG_PARAMETERS: "'core.fsmonitor=false'",
    });
    expect(answer.code).toBe(0);
    expect(linesOf(answer.stdout)).toEqual(
      expect.arrayContaining([git('rev-parse', 'HEAD'), 'first', 'no variables of git', 'deep']),
    );
  });

  it('in a pre-push and a pre-commit hook runs what lies there', async () => {
    const cli = join(packageRoot, 'services/cli/bin/millrace.js');
    const log = join(directory.path, 'hook-log');
    const hook = `#!/bin/sh\nexec ${process.execPath} ${cli} --sandbox process run >> ${log} 2>&1\n`;
    for (const name of ['pre-push', 'pre-commit'])
      writeFileSync(join(repository, '.git/hooks', name), hook, { mode: 0o755 });
    try {
      const remote = join(directory.path, 'remote.git');
      execFileSync('git', ['init', '--quiet', '--bare', remote]);
      writeFileSync(join(repository, 'deep/er/file'), 'committed in a hook\n');
      // From a subdirectory, with only this file: git hands its hook an index of its own.
      const committed = spawnSync(
        'git',
        ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'second', 'file'],
        { cwd: sub, encoding: 'utf8' },
      );
      expect(committed).toMatchObject({ status: 0 });
      git('push', '--quiet', remote, 'main');
      const text = execFileSync('cat', [log], { encoding: 'utf8' });
      expect(text.match(/│ committed in a hook\n/g)).toHaveLength(2);
      expect(text.match(/│ no variables of git\n/g)).toHaveLength(2);
      expect(text).toContain(`│ ${git('rev-parse', 'HEAD')}\n`);
      expect(git('status', '--porcelain')).toBe('');
    } finally {
      for (const name of ['pre-push', 'pre-commit']) rmSync(join(repository, '.git/hooks', name));
    }
  });

  it.runIf(takesRoot)('takes no file above that belongs to another user', async () => {
    const file = join(repository, '.millrace.yaml');
    chownSync(file, 1234, 1234);
    try {
      const answer = await run(sub);
      expect(answer.code).toBe(2);
      expect(answer.stderr).toContain(`${file} belongs to another user`);
    } finally {
      chownSync(file, 0, 0);
    }
  });
});

describe('a run that is repeated', { timeout: 120_000 }, () => {
  it('says whose files it has, and that the tree has changed where it has', async () => {
    const gate = join(directory.path, 'gate');
    writeFiles(repository, {
      '.millrace.yaml': `name: again\nsteps: [{ id: a, cmd: 'cat deep/er/file; test -e ${gate}' }]\n`,
    });
    expect((await run(repository)).code).toBe(1);
    const { number } = JSON.parse(
      (await millrace(['show', 'latest', '--json'], { cwd: repository })).stdout,
    ) as { number: number };
    const same = await millrace(['retry', 'latest'], { cwd: sub });
    expect(same.code).toBe(1);
    expect(same.stdout).toContain(`repeats run ${number}, with its files\n`);
    expect(same.stderr).not.toContain('has changed since');
    writeFileSync(join(repository, 'deep/er/file'), 'edited\n');
    writeFileSync(gate, '');
    const changed = await millrace(['retry', 'latest', '--failed'], { cwd: sub });
    expect(changed.code).toBe(0);
    expect(changed.stderr).toContain(
      `these are the files of run ${number + 1}; ${repository} has changed since: \`npx millrace run\` takes it`,
    );
    expect(changed.stdout).not.toContain('│ edited\n');
  });
});
