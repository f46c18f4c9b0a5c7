import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveCommit } from './resolve-commit.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-resolve-'));
const repository = join(root, 'repository');
const url = `file://${repository}`;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: repository,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

const commits: Record<string, string> = {};
beforeAll(() => {
  mkdirSync(repository);
  git('init', '--quiet', '-b', 'main');
  for (const name of ['old', 'new']) {
    git('commit', '--quiet', '--allow-empty', '-m', name);
    commits[name] = git('rev-parse', 'HEAD');
  }
  git('tag', '-a', 'v1', '-m', 'one', commits.old ?? '');
  git('branch', 'deep/v1');
  git('branch', 'both');
  git('tag', 'both', commits.old ?? '');
});

const resolve = (name: string) =>
  resolveCommit({ url, name }, { timeoutMs: 30_000, allowsFiles: true });

it.each([
  ['main', 'new', 'refs/heads/main'],
  ['HEAD', 'new', 'refs/heads/main'],
  ['refs/heads/main', 'new', 'refs/heads/main'],
  ['v1', 'old', 'refs/tags/v1'],
  ['tags/v1', 'old', 'refs/tags/v1'],
  ['deep/v1', 'new', 'refs/heads/deep/v1'],
  ['both', 'old', 'refs/tags/both'],
])('takes %s', async (name, commit, ref) => {
  expect(await resolve(name)).toEqual({ url, commit: commits[commit], ref });
});

it('takes the commit of a hash that is an annotated tag’s', async () => {
  expect(await resolve(git('rev-parse', 'v1'))).toEqual({
    url,
    commit: commits.old,
    ref: 'refs/tags/v1',
  });
});

it('takes a whole hash as it is, whether the repository has it, lacks it or cannot be asked', async () => {
  const unknown = 'f'.repeat(40);
  for (const commit of [commits.old ?? '', commits.new ?? '', unknown])
    expect(await resolve(commit)).toEqual({ url, commit });
  const away = { url: 'http://127.0.0.1:1/a', name: unknown };
  expect(await resolveCommit(away, { timeoutMs: 5_000 })).toEqual({
    url: away.url,
    commit: unknown,
  });
});

it('does not wait for ever for a server that says nothing', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = { url: `http://127.0.0.1:${port}/a`, name: 'main' };
    await expect(resolveCommit(asked, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'source.fetch-failed',
      message: 'the repository did not say within 0.5 s what "main" is',
    });
  } finally {
    server.close();
  }
});

it.each(['nothing', 'abcdef1'])('says that there is no %s', async (name) => {
  await expect(resolve(name)).rejects.toMatchObject({ code: 'source.not-found' });
});

it.each(['--upload-pack=touch x', 'a b', 'main~1', 'HEAD^{tree}', 'refs/*', 'a\nb', '@{-1}:x'])(
  'refuses %j',
  async (name) => {
    await expect(resolve(name)).rejects.toMatchObject({ code: 'source.invalid' });
  },
);
