import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn } from '#libs/testkit';
import { checkOut } from './git-source.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-git-'));
  mkdirSync(join(root, 'repository'));
  git('init', '--quiet', '-b', 'main');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: readonly string[]) => gitIn(join(root, 'repository'), ...args);

function commit(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(root, 'repository', name), text);
  git('add', '-A');
  git('commit', '--quiet', '--allow-empty', '-m', 'one');
  return git('rev-parse', 'HEAD');
}

const take = (sha: string, url = `file://${root}/repository`) =>
  checkOut({ url, commit: sha }, join(root, 'target'), {
    abort: new AbortController().signal,
    allowsFiles: true,
  });

describe('checkOut', () => {
  it('takes exactly the commit, also one that is no branch’s tip', async () => {
    const first = commit({ a: '1' });
    commit({ a: '2' });
    await take(first);
    expect(readFileSync(join(root, 'target/a'), 'utf8')).toBe('1');
  });

  it.each([undefined, { depth: 1 }, { depth: 'full' }] as const)(
    'names the commit that the repository has no longer, of a history of %j',
    async (checkout) => {
      commit({ a: '1' });
      const gone = 'f'.repeat(40);
      const source = { url: `file://${root}/repository`, commit: gone };
      const abort = new AbortController().signal;
      const lost = checkOut(source, join(root, 'target'), { abort, allowsFiles: true, checkout });
      await expect(lost).rejects.toMatchObject({
        code: 'source.fetch-failed',
        message: expect.stringContaining(`does not have the commit ${gone}`),
      });
      expect(readdirSync(root)).toEqual(['repository']);
    },
  );

  it('says of a tag’s hash which commit it means', async () => {
    const sha = commit({ a: '1' });
    git('tag', '-a', 'v1', '-m', 'one');
    const tag = git('rev-parse', 'v1');
    await expect(take(tag)).rejects.toMatchObject({
      code: 'source.fetch-failed',
      message: `${tag} is a tag of the commit ${sha}: a run is started with the commit's hash`,
    });
    expect(existsSync(join(root, 'target'))).toBe(false);
  });

  it('runs no hook, no filter and no submodule of the repository', async () => {
    const witness = join(root, 'witness');
    writeFileSync(join(root, 'repository/.gitattributes'), '* filter=evil\n');
    writeFileSync(
      join(root, 'repository/.gitmodules'),
      `[submodule "s"]\n\tpath = s\n\turl = ext::sh -c "touch ${witness}"\n`,
    );
    git('config', 'filter.evil.smudge', `touch ${witness}; cat`);
    symlinkSync('/etc', join(root, 'repository/outside'));
    const sha = commit({ a: '1' });
    await take(sha);
    expect(existsSync(join(root, 'target/a'))).toBe(true);
    expect(existsSync(witness)).toBe(false);
  });

  it('says in one line that a repository is not there', async () => {
    await expect(take('f'.repeat(40), 'file:///nowhere/at/all')).rejects.toMatchObject({
      code: 'source.fetch-failed',
      message: expect.stringMatching(/^git says: [^\n]+$/),
    });
    expect(readdirSync(root)).toEqual(['repository']);
  });

  it('keeps links as they are and leaves submodules empty', async () => {
    symlinkSync('/etc', join(root, 'repository/outside'));
    const first = commit({ a: '1' });
    git('update-index', '--add', '--cacheinfo', `160000,${first},module`);
    git('commit', '--quiet', '-m', 'two');
    await take(git('rev-parse', 'HEAD'));
    expect(readlinkSync(join(root, 'target/outside'))).toBe('/etc');
    expect(readdirSync(join(root, 'target/module'))).toEqual([]);
  });

  it.each([
    ['.git', '100644 blob'],
    ['.GIT', '100644 blob'],
    ['..', '100644 blob'],
  ])('refuses a tree that holds %s', async (name, kind) => {
    commit({ a: '1' });
    const blob = git('rev-parse', 'HEAD:a');
    // git itself refuses to make such a tree: it is written byte by byte.
    const mode = kind.split(' ')[0];
    const bytes = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);
    writeFileSync(join(root, 'tree-object'), bytes);
    const tree = git('hash-object', '-t', 'tree', '-w', '--literally', join(root, 'tree-object'));
    rmSync(join(root, 'tree-object'));
    const sha = git('commit-tree', tree, '-m', 'hostile');
    git('update-ref', 'refs/heads/hostile', sha);
    await expect(take(sha)).rejects.toMatchObject({ code: 'source.fetch-failed' });
    expect(readdirSync(root)).toEqual(['repository']);
  });

  it.each([
    'https://s3cret@example.org/x',
    'https://me:s3cret@example.org/x',
    'ssh://me:s3cret@example.org/x',
  ])('refuses %s without repeating it, and names the settings', async (url) => {
    const refused = take('f'.repeat(40), url);
    await expect(refused).rejects.toMatchObject({
      code: 'source.invalid',
      message: expect.not.stringMatching(/s3cret|example/),
    });
    if (url.startsWith('https')) await expect(refused).rejects.toThrow('git_credentials_file');
  });

  it('ends git and its helpers when it is aborted while a server is silent', async () => {
    const abort = new AbortController();
    const server = createServer(() => abort.abort(new Error('enough')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    // The helper's end closes its connection, whoever waits for an answer.
    const gone = new Promise<void>((resolve) => {
      server.on('connection', (socket) => socket.once('close', () => resolve()));
    });
    try {
      await expect(
        checkOut({ url: `http://127.0.0.1:${port}/x`, commit: 'f'.repeat(40) }, join(root, 't'), {
          abort: abort.signal,
          allowsFiles: false,
        }),
      ).rejects.toThrow('enough');
      await gone;
      expect(readdirSync(root)).toEqual(['repository']);
    } finally {
      server.close();
    }
  });

  it('ends when it is aborted', async () => {
    const sha = commit({ a: '1' });
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(
      checkOut({ url: `file://${root}/repository`, commit: sha }, join(root, 'target'), {
        abort,
        allowsFiles: true,
      }),
    ).rejects.toThrow('enough');
    expect(existsSync(join(root, 'target'))).toBe(false);
  });

  it('refuses files of the machine unless they are allowed', async () => {
    const abort = new AbortController().signal;
    await expect(
      checkOut({ url: `file://${root}/repository`, commit: 'f'.repeat(40) }, join(root, 't'), {
        abort,
        allowsFiles: false,
      }),
    ).rejects.toMatchObject({ code: 'source.invalid' });
  });
});
