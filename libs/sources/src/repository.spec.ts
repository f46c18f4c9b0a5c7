import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultTenant, type PlanCheckout } from '#libs/events';
import { asNobody, MemoryBlobStore } from '#libs/testkit';
import { createSourceProvider } from './create-source-provider.ts';
import { snapshotWorkingTree } from './snapshot-working-tree.ts';

const tenant = defaultTenant;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-repository-'));
  mkdirSync(join(root, 'tree'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const blobs = new MemoryBlobStore();
const provider = createSourceProvider({ of: () => blobs }, { allowsFiles: true });
const abort = new AbortController().signal;
let counter = 0;
const next = () => {
  counter += 1;
  return counter;
};

/** git as a step has it: with no settings but the repository's own. */
function gitIn(directory: string, ...args: readonly string[]): string {
  const settings = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
  return execFileSync('git', [...settings, '-c', 'protocol.file.allow=always', ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1' },
  }).trimEnd();
}
const git = (...args: readonly string[]) => gitIn(join(root, 'tree'), ...args);

function write(name: string, text: string): void {
  mkdirSync(join(root, 'tree', name, '..'), { recursive: true });
  writeFileSync(join(root, 'tree', name), text);
}

function commit(words = 'more'): string {
  write('count', String(next()));
  git('add', '-A');
  git('commit', '--quiet', '-m', words);
  return git('rev-parse', 'HEAD');
}

/** What a run of the tree gets. */
async function sent(checkout?: PlanCheckout) {
  const { snapshot, sha256 } = await packed(checkout);
  return { snapshot, ...(await unpacked(sha256)) };
}

async function packed(checkout?: PlanCheckout) {
  const snapshot = await snapshotWorkingTree(join(root, 'tree'), { checkout });
  const { sha256 } = await blobs.put(snapshot.stream);
  return { snapshot, sha256 };
}

async function unpacked(sha256: string) {
  const target = join(root, `copy-${next()}`);
  const source = { kind: 'snapshot', digest: `sha256:${sha256}` } as const;
  const facts = await provider.materialise(source, target, { tenant, abort });
  return { target, facts };
}

/** What a run of a commit gets. */
async function fetched(commit: string, checkout?: PlanCheckout, ref?: string) {
  const target = join(root, `copy-${next()}`);
  const source = { kind: 'git', url: `file://${root}/tree`, commit, ...(ref && { ref }) } as const;
  const facts = await provider.materialise(source, target, { tenant, abort, checkout });
  return { target, facts };
}

const status = (directory: string) => gitIn(directory, 'status', '--porcelain');
const describeAt = (directory: string) => gitIn(directory, 'describe', '--tags');

/** How the step's git sees a history: nothing missing, nothing broken. */
function expectWhole(directory: string): void {
  expect(gitIn(directory, 'fsck', '--full', '--strict')).toBe('');
}

describe.each(['sha1', 'sha256'] as const)('a repository of %s', (format) => {
  beforeEach(() => git('init', '--quiet', '-b', 'main', `--object-format=${format}`));

  it('comes along with its working tree: clean is clean, and tags describe the commit', async () => {
    commit();
    git('tag', 'v0.9');
    commit();
    git('tag', '-a', 'v1.0', '-m', 'one');
    commit();
    const head = commit();
    const { target, facts, snapshot } = await sent();
    expect(status(target)).toBe('');
    expect(gitIn(target, 'diff-index', '--name-only', 'HEAD')).toBe('');
    expect(describeAt(target)).toBe(git('describe', '--tags'));
    expect(gitIn(target, 'rev-parse', 'HEAD')).toBe(head);
    expect(gitIn(target, 'branch', '--show-current')).toBe('main');
    expect(gitIn(target, 'tag')).toBe('v1.0');
    expect(gitIn(target, 'rev-list', '--count', 'HEAD')).toBe('3');
    expectWhole(target);
    expect(snapshot).toMatchObject({ commit: head, ref: 'refs/heads/main', warnings: [] });
    expect(facts?.commit).toMatchObject({ commit: head, branch: 'main', tag: '' });
  });

  it('comes along by its commit, with the history to the nearest tag', async () => {
    commit();
    git('tag', 'v1.0');
    commit();
    const head = commit();
    const { target, facts } = await fetched(head, undefined, 'refs/heads/main');
    expect(status(target)).toBe('');
    expect(describeAt(target)).toBe(git('describe', '--tags'));
    expect(gitIn(target, 'branch', '--show-current')).toBe('main');
    expect(gitIn(target, 'for-each-ref', '--format=%(refname)')).toBe(
      'refs/heads/main\nrefs/tags/v1.0',
    );
    expectWhole(target);
    expect(facts?.commit).toMatchObject({
      commit: head,
      branch: 'main',
      author: 'Ann <ann@example.org>',
    });
  });

  it('shows what is dirty as the user’s git does: changed, staged, deleted, new', async () => {
    for (const name of ['changed', 'staged', 'both', 'deleted', 'removed']) write(name, '1');
    commit();
    write('changed', '2');
    write('staged', '2');
    write('both', '2');
    write('added', '2');
    git('add', 'staged', 'both', 'added');
    git('rm', '--quiet', '--cached', 'removed');
    write('both', '3');
    rmSync(join(root, 'tree/deleted'));
    write('new/file', '1');
    chmodSync(join(root, 'tree/count'), 0o755);
    const before = readFileSync(join(root, 'tree/.git/index'));
    const { target } = await sent();
    expect(status(target)).toBe(status(join(root, 'tree')));
    expect(gitIn(target, 'diff', '--cached')).toBe(git('diff', '--cached'));
    expect(gitIn(target, 'diff')).toBe(git('diff'));
    expectWhole(target);
    expect(before.length).toBeGreaterThan(0);
  });
});

describe('a repository', () => {
  beforeEach(() => git('init', '--quiet', '-b', 'main'));

  /** A branch that began before the tag and was merged after it: git counts wrong where a link of the chain is missing. */
  function mergeOldBranch(): string {
    commit();
    git('checkout', '--quiet', '-b', 'old');
    for (const name of ['x', 'y', 'z']) {
      write(name, name);
      git('add', '-A');
      git('commit', '--quiet', '-m', name);
    }
    git('checkout', '--quiet', 'main');
    commit();
    commit();
    git('tag', 'v2.0');
    commit();
    git('merge', '--quiet', '--no-ff', '-m', 'merge', 'old');
    return commit();
  }

  it('is described as in full where old branches were merged', async () => {
    const head = mergeOldBranch();
    const expected = git('describe', '--tags');
    expect(expected).toMatch(/^v2\.0-6-g/);
    expect(describeAt((await sent()).target)).toBe(expected);
    expect(describeAt((await fetched(head)).target)).toBe(expected);
  });

  it('is described as in full where the branch began at a root that is no ancestor’s child', async () => {
    const first = commit();
    commit();
    git('tag', 'v2.0');
    git('checkout', '--quiet', '-b', 'old', first);
    write('x', 'x');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'x');
    git('checkout', '--quiet', 'main');
    git('merge', '--quiet', '--no-ff', '-m', 'merge', 'old');
    expect(describeAt((await sent()).target)).toBe(git('describe', '--tags'));
  });

  it('has as many digits in its versions as the user’s', async () => {
    commit();
    git('tag', 'v1');
    commit();
    git('config', 'core.abbrev', '12');
    expect(describeAt((await sent()).target)).toBe(git('describe', '--tags'));
  });

  it('is on its branch where a tag is called HEAD', async () => {
    commit();
    git('tag', 'HEAD');
    const { target, facts } = await sent();
    expect(gitIn(target, 'symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    expect(facts?.commit).toMatchObject({ ref: 'refs/heads/main', branch: 'main' });
  });

  it('is on no branch where HEAD is detached', async () => {
    commit();
    git('checkout', '--quiet', '--detach');
    const { target, facts } = await sent();
    expect(gitIn(target, 'branch', '--show-current')).toBe('');
    expect(facts?.commit).toMatchObject({ ref: '', branch: '' });
  });

  it('brings tags of tags along, also where the tag between has no name any more', async () => {
    commit();
    git('tag', 'v1');
    commit();
    git('tag', '-a', 't1', '-m', 'first');
    git('tag', '-a', 'n1', 't1', '-m', 'second');
    const head = commit();
    for (const isThere of [true, false]) {
      if (!isThere) git('tag', '-d', 't1');
      const expected = git('describe', '--tags');
      expect(expected).toMatch(isThere ? /^[nt]1-1-g/ : /^n1-1-g/);
      const { target } = await sent();
      expect(describeAt(target)).toBe(expected);
      expect(gitIn(target, 'rev-parse', 'n1')).toBe(git('rev-parse', 'n1'));
      expectWhole(target);
      expect(describeAt((await fetched(head)).target)).toBe(expected);
    }
  });

  it('is clean where links are plain files, as on a disk without links', async () => {
    symlinkSync('count', join(root, 'tree/link'));
    commit();
    git('config', 'core.symlinks', 'false');
    rmSync(join(root, 'tree/link'));
    git('checkout', '--', 'link');
    expect(status(join(root, 'tree'))).toBe('');
    expect(status((await sent()).target)).toBe('');
  });

  it.each([
    ['outside of a sparse checkout', ['sparse-checkout', 'set', '--cone', 'kept']],
    [
      'outside of a sparse checkout with a sparse index',
      ['sparse-checkout', 'set', '--cone', '--sparse-index', 'kept'],
    ],
    ['skip-worktree', ['update-index', '--skip-worktree', 'd/ü\n1', 'd/e/2']],
    ['assume-unchanged', ['update-index', '--assume-unchanged', 'd/ü\n1', 'd/e/2']],
  ])('is clean where git does not look at files: %s', async (_, told) => {
    for (const name of ['d/ü\n1', 'd/e/2', 'kept/3']) write(name, '1');
    commit();
    git('tag', 'v1');
    git(...told);
    if (told[0] === 'update-index') {
      write('d/ü\n1', 'local');
      rmSync(join(root, 'tree/d/e/2'));
    }
    const dirty = (directory: string) => gitIn(directory, 'describe', '--tags', '--dirty');
    const { target } = await sent();
    expect(status(join(root, 'tree'))).toBe('');
    expect(status(target)).toBe('');
    expect(dirty(target)).toBe('v1');
    expect(existsSync(join(target, 'd/ü\n1'))).toBe(told[0] === 'update-index');
    write('kept/3', '2');
    write('staged', '1');
    git('add', 'staged');
    const { target: changed } = await sent();
    expect(status(changed)).toBe(status(join(root, 'tree')));
    expect(dirty(changed)).toBe('v1-dirty');
  });

  it.each([
    ['leads to an absolute place', () => symlinkSync('/etc', join(root, 'tree/abs'))],
    ['leads out of the tree', () => symlinkSync('../../x', join(root, 'tree/abs'))],
    [
      'goes up from another link',
      () => {
        write('d/e/f', '1');
        symlinkSync('d/e', join(root, 'tree/d-e'));
        symlinkSync('d-e/../x', join(root, 'tree/abs'));
      },
    ],
  ])('is clean without a committed link that %s, unless it was changed', async (_, link) => {
    link();
    commit();
    git('tag', 'v1');
    const { target, snapshot } = await sent();
    expect(snapshot.leftOut).toEqual([expect.stringMatching(/^abs: a link /)]);
    expect(status(target)).toBe('');
    expect(gitIn(target, 'describe', '--tags', '--dirty')).toBe('v1');
    gitIn(target, 'add', '-A');
    expect(gitIn(target, 'diff', '--cached', '--name-status')).toBe('');
    rmSync(join(root, 'tree/abs'));
    symlinkSync('/elsewhere', join(root, 'tree/abs'));
    expect(status((await sent()).target)).toBe(' D abs');
    rmSync(join(root, 'tree/abs'));
    expect(status((await sent()).target)).toBe(' D abs');
  });

  it('is clean without a file that cannot be read', async () => {
    write('locked', '1');
    commit();
    chmodSync(join(root, 'tree/locked'), 0o000);
    const { snapshot, sha256 } = await asNobody(join(root, 'tree'), () => packed());
    expect(snapshot.leftOut).toEqual(['locked: it cannot be read (EACCES)']);
    expect(status((await unpacked(sha256)).target)).toBe('');
  });

  it('comes along without the names of skipped files where they are too many', async () => {
    const long = 'n'.repeat(200);
    const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
      cwd: join(root, 'tree'),
      input: '1',
      encoding: 'utf8',
    }).trim();
    const names = Array.from({ length: 21_000 }, (_, at) => `${at}-${long}`);
    const feed = (args: readonly string[], lines: readonly string[]) =>
      execFileSync('git', ['update-index', ...args], {
        cwd: join(root, 'tree'),
        input: `${lines.join('\n')}\n`,
      });
    feed(
      ['--add', '--index-info'],
      names.map((name) => `100644 ${blob}\t${name}`),
    );
    git('commit', '--quiet', '-m', 'many');
    feed(['--skip-worktree', '--stdin'], names);
    const { snapshot, target } = await sent();
    expect(snapshot.warnings).toEqual([expect.stringMatching(/^21000 files that git skips here/)]);
    expect(gitIn(target, 'diff', '--shortstat')).toMatch(/^ *21000 files changed/);
  });

  it('has one commit where no tag is, and as much as the file says', async () => {
    for (let at = 0; at < 5; at += 1) commit();
    const countIn = (directory: string) => gitIn(directory, 'rev-list', '--count', 'HEAD');
    expect(countIn((await sent()).target)).toBe('1');
    for (const depth of [1, 3, 'full'] as const) {
      const expected = depth === 'full' ? '5' : String(depth);
      const { target } = await sent({ depth });
      expect(countIn(target)).toBe(expected);
      expectWhole(target);
      const { target: other } = await fetched(git('rev-parse', 'HEAD'), { depth });
      expect(countIn(other)).toBe(expected);
    }
  });

  it('is told the tag that git describe names where a commit has several', async () => {
    const head = commit();
    for (const name of ['b', 'a']) git('tag', name);
    expect((await sent()).facts?.commit?.tag).toBe('a');
    for (const [name, day] of [
      ['d', 2],
      ['e', 3],
      ['c', 1],
    ] as const) {
      git('config', 'user.email', 'a@b');
      execFileSync('git', ['-c', 'user.name=a', 'tag', '-a', name, '-m', name], {
        cwd: join(root, 'tree'),
        env: { PATH: process.env.PATH, GIT_COMMITTER_DATE: `2026-01-0${day}T00:00:00Z` },
      });
    }
    expect(git('describe', '--tags', '--exact-match')).toBe('e');
    expect((await sent()).facts?.commit?.tag).toBe('e');
    expect((await fetched(head)).facts?.commit?.tag).toBe('e');
  });

  it('has no tags where the file says so', async () => {
    commit();
    git('tag', 'v1');
    const { target } = await sent({ tags: false });
    expect(gitIn(target, 'tag')).toBe('');
    expect(gitIn((await fetched(git('rev-parse', 'HEAD'), { tags: false })).target, 'tag')).toBe(
      '',
    );
  });

  it('says of the commit what its words are, bounded and without control characters', async () => {
    write('a', '1');
    git('add', '-A');
    const words = `subject \u0007\u001b[31mred\r\n\r\nbody\ttext\n${'ü'.repeat(20_000)}`;
    git(
      '-c',
      'user.name=A\u0001nn\u001b[2J',
      'commit',
      '--quiet',
      '--cleanup=verbatim',
      '-m',
      words,
    );
    git('tag', 'v1');
    const { facts } = await sent();
    const { message = '', author, tag } = facts?.commit ?? {};
    expect(author).toMatch(/^A nn \[2J <ann@example\.org>$/);
    expect(message).toMatch(/^subject \[31mred\n\nbody\ttext\nü+…$/);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(8192);
    expect(tag).toBe('v1');
  });

  it.each([
    ['https://me:s3cret@example.org/a/b.git', 'https://example.org/a/b.git'],
    ['https://example.org/a/b.git', 'https://example.org/a/b.git'],
    ['git@example.org:a/b.git', 'git@example.org:a/b.git'],
    ['https://example.org/a?token=s3cret', ''],
    ['ssh://me:s3cret@example.org/x', ''],
    ['/srv/git/a.git', ''],
    ['ext::sh -c touch% x', ''],
  ])('comes from %s: origin is "%s"', async (url, shown) => {
    commit();
    git('config', 'remote.origin.url', url);
    git('config', 'url.https://token:s3cret@example.org/.insteadOf', 'https://example.org/');
    const { target, facts, snapshot } = await sent();
    expect(facts?.commit?.repository).toBe(shown);
    expect(readFileSync(join(target, '.git/config'), 'utf8')).not.toContain('s3cret');
    if (shown !== '') expect(gitIn(target, 'config', 'remote.origin.url')).toBe(shown);
    expect(JSON.stringify(snapshot)).not.toContain('s3cret');
  });

  it('brings no hook, setting, reflog or other branch along', async () => {
    commit();
    git('branch', 'secret-plan');
    git('config', 'user.signingkey', 's3cret');
    git('config', 'core.fsmonitor', `touch ${root}/witness`);
    git('config', 'alias.status', `!touch ${root}/witness`);
    writeFileSync(join(root, 'tree/.git/hooks/post-checkout'), '#!/bin/sh\n', { mode: 0o755 });
    const { target } = await sent();
    expect(readdirSync(join(target, '.git')).sort()).toEqual([
      ...['HEAD', 'config', 'index', 'objects', 'packed-refs', 'refs', 'shallow'].filter(
        (name) => name !== 'shallow' || existsSync(join(target, '.git/shallow')),
      ),
    ]);
    expect(readFileSync(join(target, '.git/config'), 'utf8')).not.toMatch(/s3cret|witness/);
    expect(gitIn(target, 'branch', '--all', '--format=%(refname)')).toBe('refs/heads/main');
    expect(existsSync(join(root, 'witness'))).toBe(false);
  });

  it('that has no commit yet comes as plain files', async () => {
    write('part/a', '1');
    const { facts, target } = await sent();
    expect(facts?.commit).toBeUndefined();
    expect(existsSync(join(target, '.git'))).toBe(false);
  });

  it('of which a part is sent says which commit it is at, and brings no git along', async () => {
    write('part/a', '1');
    git('config', 'remote.origin.url', 'https://me:s3cret@example.org/a.git');
    const head = commit('first\n\nbody');
    git('tag', 'v1');
    const snapshot = await snapshotWorkingTree(join(root, 'tree/part'));
    expect(snapshot).toMatchObject({ commit: head, ref: 'refs/heads/main' });
    expect(snapshot.warnings).toEqual([expect.stringContaining('a part of the repository at')]);
    const { sha256 } = await blobs.put(snapshot.stream);
    const target = join(root, 'of-part');
    const source = { kind: 'snapshot', digest: `sha256:${sha256}` } as const;
    expect(await provider.materialise(source, target, { tenant, abort })).toMatchObject({
      commit: {
        ...{ commit: head, ref: 'refs/heads/main', branch: 'main', tag: 'v1' },
        ...{ repository: 'https://example.org/a.git', author: 'Ann <ann@example.org>' },
        message: 'first\n\nbody',
      },
    });
    expect(readdirSync(target)).toEqual(['a']);
  });

  it('of a worktree and of a shallow clone comes along, too', async () => {
    commit();
    git('tag', 'v1');
    commit();
    const expected = git('describe', '--tags');
    git('worktree', 'add', '--quiet', '-b', 'side', join(root, 'side'));
    git('clone', '--quiet', '--depth=1', `file://${root}/tree`, join(root, 'shallow'));
    rmSync(join(root, 'tree/count'));
    for (const [name, described] of [
      ['side', expected],
      ['shallow', undefined],
    ] as const) {
      const { stream } = await snapshotWorkingTree(join(root, name));
      const { sha256 } = await blobs.put(stream);
      const target = join(root, `of-${name}`);
      await provider.materialise({ kind: 'snapshot', digest: `sha256:${sha256}` }, target, {
        tenant,
        abort,
      });
      expect(status(target)).toBe('');
      expectWhole(target);
      if (described !== undefined) expect(describeAt(target)).toBe(described);
    }
  });

  it('that is damaged comes with its files and says why', async () => {
    commit();
    git('tag', 'v1');
    const old = git('rev-parse', 'HEAD^{tree}');
    commit();
    rmSync(join(root, 'tree/.git/objects', old.slice(0, 2), old.slice(2)));
    const { snapshot, target } = await sent();
    expect(snapshot.warnings).toEqual([expect.stringMatching(/^the history cannot be read \(/)]);
    expect(status(target)).toBe('');
  });

  it('of a partial clone comes along as far as it is there, without a word to its server', async () => {
    write('old', 'version 1');
    commit();
    git('tag', 'v1');
    write('old', 'version 2');
    commit();
    git('config', 'uploadpack.allowFilter', 'true');
    git('clone', '--quiet', '--filter=blob:none', `file://${root}/tree`, join(root, 'partial'));
    const url = `ext::sh -c touch% ${root}/witness`;
    gitIn(join(root, 'partial'), 'config', 'remote.origin.url', url);
    const snapshot = await snapshotWorkingTree(join(root, 'partial'));
    expect(snapshot.warnings).toEqual([expect.stringMatching(/^the history cannot be read \(/)]);
    const { sha256 } = await blobs.put(snapshot.stream);
    const target = join(root, 'of-partial');
    await provider.materialise({ kind: 'snapshot', digest: `sha256:${sha256}` }, target, {
      tenant,
      abort,
    });
    expect(status(target)).toBe('');
    expect(existsSync(join(root, 'witness'))).toBe(false);
  });

  it('counts what a filter changes on the way into git as the user’s git does', async () => {
    git('config', 'filter.lfs.clean', 'sed s/content/pointer/');
    git('config', 'filter.lfs.smudge', 'sed s/pointer/content/');
    write('.gitattributes', '*.bin filter=lfs\n');
    for (const name of ['same.bin', 'gone.bin']) write(name, 'content\n');
    commit();
    rmSync(join(root, 'tree/gone.bin'));
    const { target } = await sent();
    expect(git('show', 'HEAD:same.bin')).toBe('pointer');
    expect(status(target)).toBe(' D gone.bin');
    expect(readFileSync(join(target, 'same.bin'), 'utf8')).toBe('content\n');
  });

  it('names the files that are only pointers of LFS, from a tree and by a commit', async () => {
    write('.gitattributes', '*.bin filter=lfs diff=lfs merge=lfs -text\n');
    write('large.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n');
    write('real.bin', 'bytes');
    const head = commit();
    const expected = [expect.stringMatching(/^Git LFS: .*: large\.bin$/)];
    expect((await sent()).snapshot.warnings).toEqual(expected);
    expect((await fetched(head)).facts?.warnings).toEqual(expected);
  });
});

describe('submodules', () => {
  const inner = () => join(root, 'inner');
  beforeEach(() => {
    for (const name of ['inner', 'deepest']) {
      const directory = join(root, name);
      mkdirSync(directory);
      gitIn(directory, 'init', '--quiet', '-b', 'main');
      writeFileSync(join(directory, 'file'), name);
      gitIn(directory, 'add', '-A');
      gitIn(directory, 'commit', '--quiet', '-m', name);
    }
    gitIn(inner(), 'submodule', '--quiet', 'add', '../deepest', 'deep');
    gitIn(inner(), 'commit', '--quiet', '-m', 'deep');
    git('init', '--quiet', '-b', 'main');
    git('submodule', '--quiet', 'add', '../inner', 'lib/inner');
    commit();
    git('submodule', '--quiet', 'update', '--init', '--recursive');
  });
  const filesIn = (target: string) =>
    ['lib/inner/file', 'lib/inner/deep/file'].filter((name) => existsSync(join(target, name)));

  it.each([
    [undefined, 0],
    ['direct', 1],
    ['recursive', 2],
  ] as const)('come along as the file says: %s', async (submodules, files) => {
    const checkout = submodules === undefined ? {} : { submodules };
    const ofTree = await sent(checkout);
    const ofCommit = await fetched(git('rev-parse', 'HEAD'), checkout);
    for (const { target } of [ofTree, ofCommit]) {
      expect(filesIn(target)).toHaveLength(files);
      expect(status(target)).toBe('');
    }
    expect(ofTree.snapshot.leftOut).toHaveLength(files === 2 ? 0 : 1);
  });

  it('answer git by themselves, with their own commit and the history to their own tag', async () => {
    git('tag', 'v1');
    const module = join(root, 'tree/lib/inner');
    gitIn(inner(), 'tag', 's1');
    gitIn(module, 'fetch', '--quiet', '--tags');
    const checkout = { submodules: 'recursive' } as const;
    const check = (target: string) => {
      expect(describeAt(target)).toBe(describeAt(join(root, 'tree')));
      for (const path of ['lib/inner', 'lib/inner/deep']) {
        const [copy, own] = [join(target, path), join(root, 'tree', path)];
        expect(gitIn(copy, 'rev-parse', '--show-toplevel')).toBe(copy);
        expect(gitIn(copy, 'rev-parse', 'HEAD')).toBe(gitIn(own, 'rev-parse', 'HEAD'));
        expect(status(copy)).toBe(status(own));
        expect(gitIn(copy, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
      }
      expect(describeAt(join(target, 'lib/inner'))).toBe(describeAt(module));
      expect(status(target)).toBe(status(join(root, 'tree')));
    };
    expect(describeAt(module)).toBe('s1');
    check((await sent(checkout)).target);
    check((await fetched(git('rev-parse', 'HEAD'), checkout)).target);

    writeFileSync(join(inner(), 'more'), '1');
    gitIn(inner(), 'add', '-A');
    gitIn(inner(), 'commit', '--quiet', '-m', 'more');
    gitIn(module, 'pull', '--quiet', 'origin', 'main');
    check((await sent(checkout)).target);
    commit();
    check((await sent(checkout)).target);
    check((await fetched(git('rev-parse', 'HEAD'), checkout)).target);
    writeFileSync(join(module, 'file'), 'changed');
    symlinkSync('/etc', join(module, 'abs'));
    gitIn(module, 'add', 'abs');
    gitIn(module, 'commit', '--quiet', '-m', 'abs');
    writeFileSync(join(module, 'deep/new'), 'new');
    check((await sent(checkout)).target);
  });

  it('whose history is another repository’s come as files, and that is said', async () => {
    const module = join(root, 'tree/lib/inner');
    rmSync(join(module, '.git'));
    symlinkSync(join(inner(), '.git'), join(module, '.git'));
    const { snapshot, target } = await sent({ submodules: 'direct' });
    expect(snapshot.warnings).toEqual([
      expect.stringMatching(/^lib\/inner: steps get files without git: /),
      'lib/inner: git in it answers for the repository above',
    ]);
    expect(existsSync(join(target, 'lib/inner/file'))).toBe(true);
    expect(existsSync(join(target, 'lib/inner/.git'))).toBe(false);
  });

  it.each([
    'https://me:s3cret@example.org/a.git',
    'ext::sh -c "touch /tmp/x"',
    '/etc',
    '../../../../../../../../etc',
    '../inner/../inner',
  ])('of the address %j are refused without repeating it', async (url) => {
    git('config', '--file', '.gitmodules', 'submodule.lib/inner.url', url);
    const head = commit();
    await expect(fetched(head, { submodules: 'direct' })).rejects.toMatchObject({
      code: 'source.invalid',
      message: expect.not.stringMatching(/s3cret|touch|etc/),
    });
    expect(readdirSync(root).filter((name) => name.startsWith('.copy'))).toEqual([]);
  });
});

describe('a hostile snapshot', () => {
  type Entries = Readonly<Record<string, string | Buffer>>;

  async function entriesOf(stream: Readable): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const unpack = extract();
    stream.pipe(unpack);
    for await (const entry of unpack) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      found.set(entry.header.name, Buffer.concat(chunks));
    }
    return found;
  }

  let good: Entries | undefined;
  async function goodEntries(): Promise<Entries> {
    good ??= await makeEntries();
    return good;
  }

  async function makeEntries(): Promise<Entries> {
    git('init', '--quiet', '-b', 'main');
    write('a', '1');
    commit();
    return Object.fromEntries(
      await entriesOf((await snapshotWorkingTree(join(root, 'tree'))).stream),
    );
  }

  async function materialise(entries: Entries, links: Readonly<Record<string, string>> = {}) {
    const tar = pack();
    for (const [name, linkname] of Object.entries(links))
      tar.entry({ name, type: 'symlink', linkname });
    for (const [name, bytes] of Object.entries(entries)) tar.entry({ name }, bytes);
    tar.finalize();
    const { sha256 } = await blobs.put(Readable.from(tar));
    const target = join(root, 'target');
    const source = { kind: 'snapshot', digest: `sha256:${sha256}` } as const;
    return provider.materialise(source, target, { tenant, abort });
  }

  const json = (entries: Entries, change: object): string =>
    JSON.stringify({ ...JSON.parse(String(entries['.git/millrace.json'])), ...change });

  it('is unpacked where nothing is wrong with it', async () => {
    await materialise(await goodEntries());
    expect(status(join(root, 'target'))).toBe('');
  });

  it.each([
    ['a hook', '.git/hooks/post-checkout', '#!/bin/sh\ntouch WITNESS\n'],
    ['settings', '.git/config', '[core]\n\tfsmonitor = touch WITNESS\n'],
    ['settings beside', '.git/config.worktree', '[core]\n\tfsmonitor = touch WITNESS\n'],
    ['alternates', '.git/objects/info/alternates', '/etc\n'],
    ['attributes', '.git/info/attributes', '* filter=x\n'],
    ['an index', '.git/index', 'x'],
    ['a commondir', '.git/commondir', '/etc\n'],
    ['capitals', '.GIT/config', 'x'],
    ['another name of the two', '.git/Millrace.json', '{}'],
    ['a repository inside', 'sub/.git/config', '[core]\n\tfsmonitor = touch WITNESS\n'],
    ['a repository elsewhere', 'sub/.git', 'gitdir: /etc\n'],
    ['half of a submodule', 'sub/.git/millrace.json', '{}'],
    ['the other half', 'sub/.git/millrace.pack', 'x'],
    ['a submodule in capitals', 'sub/.GIT/millrace.json', '{}'],
    ['a submodule in its .git', 'sub/.git/x/.git/millrace.json', '{}'],
  ])('with %s is refused, and nothing of it is run', async (_, name, text) => {
    const witness = join(root, 'witness');
    const entries = await goodEntries();
    const hostile = { ...entries, [name]: text.replace('WITNESS', witness) };
    await expect(materialise(hostile)).rejects.toMatchObject({ code: 'source.invalid' });
    expect(existsSync(witness)).toBe(false);
    expect(existsSync(join(root, 'target'))).toBe(false);
  });

  const asSubmodule = (entries: Entries, path: string): Entries => ({
    [`${path}/.git/millrace.json`]: entries['.git/millrace.json'] ?? '',
    [`${path}/.git/millrace.pack`]: entries['.git/millrace.pack'] ?? '',
  });

  it('may have submodules, of which only the two files are taken', async () => {
    const entries = await goodEntries();
    const whole = { ...entries, ...asSubmodule(entries, 'sub'), ...asSubmodule(entries, 'sub/b') };
    await materialise(whole);
    for (const path of ['sub', 'sub/b'])
      expect(gitIn(join(root, 'target', path), 'rev-parse', '--show-toplevel')).toBe(
        join(root, 'target', path),
      );
  });

  it.each([
    ['a hook beside', { 'sub/.git/hooks/post-checkout': 'x' }],
    ['a HEAD beside', { 'sub/.git/HEAD': 'ref: refs/heads/main\n' }],
    ['objects that are damaged', { 'sub/.git/millrace.pack': 'PACK' }],
    [
      'only words',
      { 'sub/.git/millrace.json': JSON.stringify({ version: 1, part: true, words: '' }) },
    ],
  ])('with a submodule that has %s is refused', async (_, change) => {
    const entries = await goodEntries();
    const hostile = { ...entries, ...asSubmodule(entries, 'sub'), ...change };
    await expect(materialise(hostile)).rejects.toMatchObject({ code: 'source.invalid' });
    expect(existsSync(join(root, 'target'))).toBe(false);
  });

  it('whose submodule lies behind a link, or that has too many, is refused', async () => {
    const entries = await goodEntries();
    mkdirSync(join(root, 'elsewhere'));
    const behind = { ...entries, ...asSubmodule(entries, 'sub') };
    for (const name of ['sub', 'sub/.git'])
      await expect(materialise(behind, { [name]: '../elsewhere' })).rejects.toMatchObject({
        code: 'source.invalid',
      });
    const many = Array.from({ length: 201 }, (_, at) => asSubmodule(entries, `sub${at}`));
    await expect(materialise(Object.assign({}, entries, ...many))).rejects.toMatchObject({
      code: 'source.invalid',
    });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });

  it('whose .git is a link or a file is refused', async () => {
    const entries = await goodEntries();
    mkdirSync(join(root, 'elsewhere'));
    await expect(materialise(entries, { '.git': '../elsewhere' })).rejects.toMatchObject({
      code: 'source.invalid',
    });
    await expect(materialise(entries, { '.git': 'sub' })).rejects.toMatchObject({
      code: 'source.invalid',
    });
    await expect(materialise({ '.git': 'gitdir: /etc' })).rejects.toMatchObject({
      code: 'source.invalid',
    });
    expect(readdirSync(join(root, 'elsewhere'))).toEqual([]);
  });

  it('whose skipped files are options, or are not there, is unpacked without them', async () => {
    const entries = await goodEntries();
    const skipped = ['--add', '-z', 'missing', 'a/b', '--cacheinfo'];
    const hostile = { ...entries, '.git/millrace.json': json(entries, { skipped }) };
    await materialise(hostile);
    expect(gitIn(join(root, 'target'), 'ls-files', '-v')).toBe('H a\nH count');
  });

  it.each([
    ['only the description', '.git/millrace.pack'],
    ['only the objects', '.git/millrace.json'],
  ])('with %s is refused', async (_, missing) => {
    const { [missing]: __, ...entries } = await goodEntries();
    await expect(materialise(entries)).rejects.toMatchObject({ code: 'source.invalid' });
  });

  it.each([
    ['no JSON', () => '{'],
    [
      'objects of a part',
      (all: Entries) => {
        const { commit: at } = JSON.parse(String(all['.git/millrace.json']));
        return JSON.stringify({ version: 1, part: true, commit: at, words: '' });
      },
    ],
    ['another version', (all: Entries) => json(all, { version: 2 })],
    ['a ref that is a way', (all: Entries) => json(all, { ref: 'refs/heads/../../config' })],
    ['a ref with a line', (all: Entries) => json(all, { ref: 'refs/heads/a\n[core]' })],
    ['an origin with a line', (all: Entries) => json(all, { origin: 'https://x/a\n[core]' })],
    ['an origin that runs', (all: Entries) => json(all, { origin: 'ext::sh -c id' })],
    ['a commit that is an option', (all: Entries) => json(all, { commit: '--output=/tmp/x' })],
    ['a commit that is not there', (all: Entries) => json(all, { commit: 'f'.repeat(40) })],
    ['an index that is not there', (all: Entries) => json(all, { index: 'f'.repeat(40) })],
    ['a skipped file elsewhere', (all: Entries) => json(all, { skipped: ['../x'] })],
    [
      'skipped files without end',
      (all: Entries) => json(all, { skipped: Array(200_001).fill('a') }),
    ],
    ['settings of its own', (all: Entries) => json(all, { settings: { fsmonitor: 'x' } })],
  ])('whose description has %s is refused', async (_, change) => {
    const entries = await goodEntries();
    const hostile = { ...entries, '.git/millrace.json': change(entries) };
    await expect(materialise(hostile)).rejects.toMatchObject({ code: 'source.invalid' });
    expect(existsSync(join(root, 'target'))).toBe(false);
  });

  it('whose objects are cut short, or are something else, is refused', async () => {
    const entries = await goodEntries();
    const bytes = entries['.git/millrace.pack'] as Buffer;
    for (const broken of [
      bytes.subarray(0, bytes.length - 25),
      Buffer.from('PACK'),
      Buffer.alloc(0),
    ])
      await expect(materialise({ ...entries, '.git/millrace.pack': broken })).rejects.toMatchObject(
        { code: 'source.invalid' },
      );
  });

  it('whose commit stands for more files than any disk has is refused', async () => {
    git('init', '--quiet', '-b', 'main');
    write('a', '1');
    git('add', '-A');
    let tree = git('write-tree');
    const level = (below: string) =>
      Array.from({ length: 12 }, (_, at) => `040000 tree ${below}\t${at}`).join('\n');
    for (let at = 0; at < 8; at += 1)
      tree = execFileSync('git', ['mktree'], {
        cwd: join(root, 'tree'),
        input: level(tree),
        encoding: 'utf8',
      }).trim();
    const head = git('commit-tree', tree, '-m', 'bomb');
    git('update-ref', 'refs/heads/main', head);
    write('new', '1');
    await expect(fetched(head)).rejects.toMatchObject({
      code: 'source.invalid',
      message: expect.stringMatching(/more than 200000 files/),
    });
    git('read-tree', '--empty');
    await expect(sent()).resolves.toBeDefined();
    const entries = Object.fromEntries(
      await entriesOf((await snapshotWorkingTree(join(root, 'tree'))).stream),
    );
    const hostile = { ...entries, '.git/millrace.json': json(entries, { index: tree }) };
    await expect(materialise(hostile)).rejects.toMatchObject({ code: 'source.invalid' });
  });

  it('with links into the repository changes nothing outside of it', async () => {
    await makeEntries();
    symlinkSync('.git/hooks', join(root, 'tree/link'));
    const { target } = await sent();
    expect(status(target)).toBe('?? link');
  });
});
