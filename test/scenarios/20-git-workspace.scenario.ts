import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { isCi } from '#libs/testkit';
import { freshDirectory, millrace, TestServer, writeFiles } from './harness.ts';

const directory = freshDirectory();
const repository = join(directory.path, 'repository');
afterAll(() => directory.remove());

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], {
    cwd: repository,
    encoding: 'utf8',
  }).trimEnd();

/** Undefined where there is no Go, which CI has. */
function findGo(): { readonly bin: string; readonly cache: string } | undefined {
  const ask = (name: string) => execFileSync('go', ['env', name], { encoding: 'utf8' }).trim();
  try {
    return { bin: join(ask('GOROOT'), 'bin'), cache: ask('GOCACHE') };
  } catch (error) {
    if (isCi) throw error;
    return undefined;
  }
}
const go = findGo();

beforeAll(() => {
  writeFiles(repository, {
    '.millrace.yaml': `name: git
steps:
  - id: look
    cmd: |
      git status --porcelain
      git describe --tags --dirty
      git diff-index --quiet HEAD && echo no difference || echo a difference
      git log --format=%s
      git remote get-url origin
  - id: variables
    depends_on: [look]
    cmd: |
      set -u
      echo "$MILLRACE_COMMIT $MILLRACE_REF $MILLRACE_BRANCH $MILLRACE_TAG $MILLRACE_REPOSITORY"
      echo "$MILLRACE_AUTHOR"
      echo "$MILLRACE_COMMIT_MESSAGE"
`,
    'go.mod': 'module example.org/stamp\n\ngo 1.20\n',
    'main.go': 'package main\n\nfunc main() {}\n',
    'tracked.txt': '1\n',
  });
  git('init', '--quiet', '-b', 'main');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'first');
  git('tag', 'v1.2.0');
  writeFileSync(join(repository, 'tracked.txt'), '2\n');
  git('commit', '--quiet', '-am', 'second\n\nwith "quotes" and $HOME');
  git('config', 'remote.origin.url', 'https://ann:s3cret@example.org/ann/project.git');
});

describe.each(['process', 'oci'] as const)(
  'a workspace, by the driver %s',
  {
    timeout: 120_000,
  },
  (sandbox) => {
    let server: TestServer;
    beforeAll(async () => {
      server = await TestServer.start({
        dataDir: join(directory.path, `data-${sandbox}`),
        sandbox,
      });
    });
    afterAll(() => server.stop());
    const run = (...args: readonly string[]) =>
      millrace(['--data-dir', server.dataDir, 'run', '--json', ...args], { cwd: repository });

    it('is a repository at the commit: clean, with its tag, and its variables say which', async () => {
      expect((await run()).code).toBe(0);
      expect(await server.log('latest', 'look')).toEqual([
        git('describe', '--tags'),
        'no difference',
        'second',
        'first',
        'https://example.org/ann/project.git',
      ]);
      expect(await server.log('latest', 'variables')).toEqual([
        `${git('rev-parse', 'HEAD')} refs/heads/main main  https://example.org/ann/project.git`,
        'Ann <ann@example.org>',
        'second',
        '',
        'with "quotes" and $HOME',
      ]);
    });

    it('keeps what was not committed as changes', async () => {
      writeFileSync(join(repository, 'tracked.txt'), '3\n');
      writeFileSync(join(repository, 'new.txt'), '1\n');
      try {
        expect((await run()).code).toBe(0);
        expect((await server.log('latest', 'look')).slice(0, 4)).toEqual([
          ...git('status', '--porcelain').split('\n'),
          git('describe', '--tags', '--dirty'),
          'a difference',
        ]);
      } finally {
        git('checkout', '--quiet', '--', 'tracked.txt');
        git('clean', '--quiet', '-f', 'new.txt');
      }
    });

    // A container has no cache of Go's, and would compile its library.
    if (go !== undefined && sandbox === 'process')
      it('stamps what Go builds', async () => {
        const yaml = `name: stamp
steps:
  - id: build
    env: { GOTOOLCHAIN: local, GOCACHE: '${go.cache}' }
    cmd: |
      export PATH=$PATH:${go.bin}
      go build -buildvcs=true -o "$HOME/out" .
      go version -m "$HOME/out" | grep -o 'vcs.revision=.*\\|vcs.modified=.*'
`;
        writeFileSync(join(directory.path, 'stamp.yaml'), yaml);
        expect((await run('../stamp.yaml')).code).toBe(0);
        const log = await server.log('latest', 'build');
        const stamp = [`vcs.revision=${git('rev-parse', 'HEAD')}`, 'vcs.modified=false'];
        expect(log).toEqual(stamp);
      });

    it('names nobody in its events', async () => {
      const { stdout } = await millrace(
        ['--data-dir', server.dataDir, 'events', '--json', '--after', '0'],
        { cwd: repository },
      );
      expect(stdout).toContain(git('rev-parse', 'HEAD'));
      expect(stdout).not.toMatch(/Ann|ann@example|s3cret|with "quotes"/);
    });
  },
);

describe('what a step does to its repository', { timeout: 120_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ dataDir: join(directory.path, 'data-hostile') });
  });
  afterAll(() => server.stop());

  it('is obeyed by no git of ours, in its run, at its end and in the retry that goes on in it', async () => {
    const witness = join(directory.path, 'witness');
    const yaml = `name: hostile
steps:
  - id: set
    cmd: |
      git config core.fsmonitor "touch ${witness}; false"
      for name in post-checkout post-index-change pre-auto-gc reference-transaction; do
        mkdir -p .git/hooks
        printf '#!/bin/sh\\ntouch ${witness}\\n' > .git/hooks/$name
        chmod +x .git/hooks/$name
      done
  - { id: commit, depends_on: [set], cmd: 'echo "$MILLRACE_COMMIT"; echo kept > kept', artifacts: [kept] }
  - { id: last, depends_on: [commit], cmd: 'echo "$MILLRACE_BRANCH $MILLRACE_COMMIT"; test -e ${directory.path}/go' }
`;
    writeFileSync(join(directory.path, 'hostile.yaml'), yaml);
    const answer = await millrace(
      ['--data-dir', server.dataDir, 'run', '--json', '../hostile.yaml'],
      { cwd: repository },
    );
    expect(answer.code).toBe(1);
    const head = git('rev-parse', 'HEAD');
    expect(await server.log('latest', 'commit')).toEqual([head]);
    const { run } = JSON.parse(answer.stdout.trim().split('\n').at(-1) ?? '') as { run: string };
    mkdirSync(join(directory.path, 'go'));
    const again = await server.client.call(operations.retryRun, {
      params: { id: run },
      body: { failed: true },
    });
    expect((await server.finished(again.id)).outcome).toBe('success');
    expect(await server.log(again.id, 'last')).toEqual([`main ${head}`]);
    expect(existsSync(witness)).toBe(false);
  });

  it('says nothing of a commit where there is no source', async () => {
    const run = await server.run({
      yaml: 'name: none\nsteps: [{ id: a, cmd: "env | grep -c MILLRACE_COMMIT || true; git status 2>&1 | head -1" }]',
    });
    expect(await server.log(run.id, 'a')).toEqual(['0', expect.stringMatching(/not a git repo/)]);
  });
});
