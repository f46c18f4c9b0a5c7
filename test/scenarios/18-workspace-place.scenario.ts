import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { stateDirectory } from '#libs/data-dir';
import { mayMount } from '#libs/testkit';
import {
  eventually,
  freshDirectory,
  millrace,
  TestServer,
  workspacesOf,
  writeFiles,
} from './harness.ts';

const directory = freshDirectory();
const project = join(directory.path, 'project');
const dataDir = join(project, '.millrace');
let server: TestServer;

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd: project,
    encoding: 'utf8',
  }).trim();

// The data directory lies where it lies for everybody: in the user's own repository.
beforeAll(async () => {
  writeFiles(project, {
    'package.json': '{"name": "outer", "type": "module"}',
    'node_modules/leaked/index.js': 'module.exports = "leaked"',
    'go.mod': 'module outer\n\ngo 1.20\n',
    'Cargo.toml': '[package]\nname = "outer"\nversion = "0.1.0"\n',
    'src/main.rs': 'fn main() {}\n',
    'pyproject.toml': '[project]\nname = "outer"\nversion = "1"\n',
    'setup.cfg': '[metadata]\nname = outer\n',
    '.gitignore': 'node_modules\n',
    'work.txt': 'committed\n',
  });
  git('init', '--quiet', '-b', 'main');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'first');
  writeFileSync(join(project, 'work.txt'), 'an hour of work\n');
  server = await TestServer.start({ dataDir });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

/** What is found by going up from the working directory, as these tools are documented to do. */
const lookUp = `up() {
  at=$(pwd -P)
  while :; do
    [ -e "$at/$1" ] && { echo "$1 in $at"; return; }
    [ "$at" = / ] && return
    at=$(dirname "$at")
  done
}
`;
const upwards = async (cmd: string) => {
  const step = { id: 'look', cmd: lookUp + cmd };
  const run = await server.run({ yaml: JSON.stringify({ name: 'up', steps: [step] }) });
  return { outcome: run.outcome, log: await server.log(run.id, 'look') };
};

describe('a step without isolation that looks upwards', { timeout: 60_000 }, () => {
  it('finds no repository with git, from its workspace and from its HOME, and changes none', async () => {
    const { outcome, log } = await upwards(`
for at in "$PWD" "$HOME"; do
  cd "$at"
  git rev-parse --show-toplevel 2>/dev/null && echo found
  git checkout -q -- :/ 2>/dev/null && echo overwritten
  git -c user.name=a -c user.email=a@b tag from-a-step 2>/dev/null && echo tagged
done
up .git
echo done`);
    expect({ outcome, log }).toEqual({ outcome: 'success', log: ['done'] });
    expect(git('status', '--porcelain')).toBe('M work.txt');
    expect(git('tag')).toBe('');
  });

  it('finds no package and no setting with Node', async () => {
    const { log } = await upwards(`
node -e 'try { console.log(require("leaked")) } catch { console.log("no module") }'
echo 'console.log(typeof require)' > probe.js && node probe.js
up package.json; up node_modules`);
    expect(log).toEqual(['no module', 'function']);
  });

  it('finds no project with Python, Go and Cargo', async () => {
    const { log } = await upwards(`
for name in pyproject.toml setup.cfg setup.py go.mod go.work Cargo.toml .cargo/config.toml; do up $name; done
if command -v go >/dev/null; then echo "$(go env GOMOD)$(go env GOWORK)" | grep -vx /dev/null || true; fi
if command -v cargo >/dev/null; then cargo locate-project 2>/dev/null || true; fi
python3 - <<'END'
import pathlib
for at in pathlib.Path.cwd().parents:
    print(*(p for n in ("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "conftest.py") for p in at.glob(n)), end="")
END
echo done`);
    expect(log).toEqual(['done']);
  });

  it('says to git where to stop, even if another step made a repository above', async () => {
    const made = await upwards('cd .. && git init --quiet . && echo made');
    const found = await upwards('git rev-parse --show-toplevel 2>/dev/null || echo none');
    rmSync(join(workspacesOf(dataDir), '.git'), { recursive: true });
    expect([made.log, found.log]).toEqual([['made'], ['none']]);
  });
});

describe('a workspace', { timeout: 60_000 }, () => {
  it('lies outside of the data directory, and a retry goes on in it', async () => {
    const yaml = `name: kept
steps:
  - { id: first, cmd: echo once > made }
  - id: second
    depends_on: [first]
    cmd: cat made; pwd; test -e "$MILLRACE_WORKSPACE/../ok"`;
    const failed = await server.run({ yaml });
    expect(failed.outcome).toBe('failure');
    const place = join(workspacesOf(dataDir), failed.id);
    expect(await server.log(failed.id, 'second')).toEqual(['once', place]);
    expect(existsSync(join(dataDir, 'workspaces'))).toBe(false);
    writeFileSync(join(workspacesOf(dataDir), 'ok'), '');
    const retry = await server.client.call(operations.retryRun, {
      params: { id: failed.id },
      body: { failed: true },
    });
    expect(await server.finished(retry.id)).toMatchObject({ outcome: 'success' });
    rmSync(join(workspacesOf(dataDir), 'ok'));
    expect(existsSync(place)).toBe(false);
  });

  it('of an older version is found by a retry', async () => {
    const yaml = `name: older
steps:
  - { id: first, cmd: echo once > made }
  - { id: second, depends_on: [first], cmd: cat made missing }`;
    const failed = await server.run({ yaml });
    await server.stop();
    const now = workspacesOf(dataDir);
    const before = join(dataDir, 'workspaces');
    mkdirSync(join(before, '.kept'), { recursive: true });
    for (const name of [failed.id, join('.kept', failed.id)])
      execFileSync('mv', [join(now, name), join(before, name)]);
    server = await TestServer.start({ dataDir });
    const retry = await server.client.call(operations.retryRun, {
      params: { id: failed.id },
      body: { failed: true },
    });
    expect((await server.finished(retry.id)).steps[1]?.cause).toBe('exit');
    expect(await server.log(retry.id, 'second')).toContain('once');
    expect(existsSync(before)).toBe(false);
  });

  it('is touched by no git of ours once a step has had it', async () => {
    const trap = mkdtempSync(join(directory.path, 'trap-'));
    const hooks = ['post-checkout', 'pre-commit', 'reference-transaction', 'post-index-change'];
    const yaml = JSON.stringify({
      name: 'trap',
      steps: [
        {
          id: 'lay',
          cmd: `git init --quiet . && mkdir -p .git/hooks
printf '#!/bin/sh\\ntouch ${trap}/sprung\\n' > ${trap}/spring && chmod +x ${trap}/spring
for hook in ${hooks.join(' ')}; do cp ${trap}/spring .git/hooks/$hook; done
for key in core.fsmonitor core.sshCommand core.pager core.editor diff.external filter.x.clean filter.x.smudge; do
  git config $key ${trap}/spring
done
git config core.hooksPath ${trap}
echo '* filter=x diff=x' > .gitattributes; echo 1 > out.txt`,
          artifacts: ['out.txt'],
        },
        { id: 'use', depends_on: ['lay'], cmd: 'cat out.txt; false', artifacts: ['*.txt'] },
      ],
    });
    const failed = await server.run({ yaml });
    rmSync(join(trap, 'sprung'), { force: true }); // the step's own git may have sprung it
    const retry = await server.client.call(operations.retryRun, {
      params: { id: failed.id },
      body: { failed: true },
    });
    await server.finished(retry.id);
    expect(readdirSync(trap)).toEqual(['spring']);
  });
});

describe('what a step leaves that cannot be removed', { timeout: 60_000 }, () => {
  const trash = () => join(workspacesOf(dataDir), '.trash');

  it.runIf(mayMount())('is unmounted where it is a mount, and not emptied', async () => {
    const outside = mkdtempSync(join(directory.path, 'outside-'));
    writeFileSync(join(outside, 'precious'), '');
    const yaml = `name: mounts\nsteps: [{ id: a, cmd: 'mkdir m && mount --bind ${outside} m' }]`;
    const run = await server.run({ yaml });
    expect(run.outcome).toBe('success');
    await eventually(() => !existsSync(join(workspacesOf(dataDir), run.id)) || undefined, 'gone');
    await eventually(() => readdirSync(trash()).length === 0 || undefined, 'trash is empty');
    expect(readdirSync(outside)).toEqual(['precious']);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(outside);
  });

  it('is named by doctor and stops no server', async () => {
    await server.stop();
    const left = join(trash(), 'left', 'inner');
    mkdirSync(left, { recursive: true });
    if (mayMount()) execFileSync('mount', ['-t', 'tmpfs', 'none', left]);
    const { stdout } = await millrace(['--data-dir', dataDir, 'doctor', '--json'], {
      cwd: directory.path,
    });
    expect(stdout).toContain(`one directory in ${trash()} could not be removed yet`);
    server = await TestServer.start({ dataDir });
    expect((await server.run({ yaml: 'name: a\nsteps: [{ id: a, cmd: "true" }]' })).outcome).toBe(
      'success',
    );
    expect(readdirSync(trash())).toEqual([]);
  });
});

describe('a place for workspaces', { timeout: 60_000 }, () => {
  it('that a project surrounds is not taken', async () => {
    const other = await TestServer.start({
      dataDir: join(directory.path, 'd2'),
      env: { XDG_STATE_HOME: join(project, 'state') },
    });
    const base = `/var/tmp/millrace-${process.getuid?.()}`;
    const id = readFileSync(join(other.dataDir, 'data-directory-id'), 'utf8').trim();
    const place = stateDirectory(base, id);
    try {
      const run = await other.run({ yaml: 'name: a\nsteps: [{ id: a, cmd: pwd; false }]' });
      expect(await other.log(run.id, 'a')).toEqual([join(place, run.id)]);
      expect(existsSync(join(project, 'state'))).toBe(false);
    } finally {
      await other.stop();
      rmSync(place, { recursive: true });
      if (readdirSync(base).length === 0) rmSync(base, { recursive: true });
    }
  });
});
