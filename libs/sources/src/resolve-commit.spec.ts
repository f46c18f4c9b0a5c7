import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
  resolveCommit({ url, name }, { abort: new AbortController().signal, allowsFiles: true });

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

it('takes a whole hash as it is, and asks nobody', async () => {
  const commit = 'f'.repeat(40);
  const abort = AbortSignal.abort();
  expect(await resolveCommit({ url: 'https://example.org/a', name: commit }, { abort })).toEqual({
    url: 'https://example.org/a',
    commit,
  });
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
