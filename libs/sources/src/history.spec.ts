import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultTenant } from '#libs/events';
import { MemoryBlobStore } from '#libs/testkit';
import { createSourceProvider } from './create-source-provider.ts';
import { snapshotWorkingTree } from './snapshot-working-tree.ts';

const tenant = defaultTenant;

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-history-'));
  git('.', 'init', '--quiet', '-b', 'main', 'tree');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(directory: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: join(root, directory), encoding: 'utf8' }).trimEnd();
}

let time = 1_700_000_000;
/** No two are the same. */
const by = () => {
  time += 1;
  return `committer A <a@b> ${time} +0000\ndata 1\nx`;
};

/** Commits of one branch, quickly: from another branch's tip, and merging a third at the end. */
function grow(branch: string, count: number, from?: string): string {
  const first = from === undefined ? '' : `from refs/heads/${from}\n`;
  return Array.from(
    { length: count },
    (_, at) => `commit refs/heads/${branch}\n${by()}\n${at === 0 ? first : ''}\n`,
  ).join('');
}

const tag = (name: string, branch: string) =>
  `reset refs/tags/${name}\nfrom refs/heads/${branch}\n\n`;

const merge = (branch: string, other: string) =>
  `commit refs/heads/${branch}\n${by()}\nmerge refs/heads/${other}\n\n`;

function write(...commands: readonly string[]): void {
  execFileSync('git', ['fast-import', '--quiet'], {
    cwd: join(root, 'tree'),
    input: commands.join(''),
  });
}

const blobs = new MemoryBlobStore();
const provider = createSourceProvider({ of: () => blobs }, { allowsFiles: true });
const abort = new AbortController().signal;

/** What a run gets of the working tree, and of its commit. */
async function both() {
  const { stream, warnings } = await snapshotWorkingTree(join(root, 'tree'));
  const { sha256 } = await blobs.put(stream);
  const snapshot = { kind: 'snapshot', digest: `sha256:${sha256}` } as const;
  await provider.materialise(snapshot, join(root, 'sent'), { tenant, abort });
  const commit = git('tree', 'rev-parse', 'HEAD');
  const source = { kind: 'git', url: `file://${root}/tree`, commit } as const;
  const facts = await provider.materialise(source, join(root, 'fetched'), { tenant, abort });
  return [
    { name: 'sent', warnings },
    { name: 'fetched', warnings: facts?.warnings ?? [] },
  ];
}

it.each([
  ['no tag', [grow('main', 1_200)], 1, 0],
  ['a tag at the last commit', [grow('main', 60), tag('v1', 'main')], 1, 0],
  ['a tag 30 back', [grow('main', 90), tag('v1', 'main'), grow('main', 30)], 31, 0],
  ['a tag 300 back', [grow('main', 300), tag('v1', 'main'), grow('main', 300)], 301, 0],
  ['a tag 999 back', [grow('main', 2), tag('v1', 'main'), grow('main', 999)], 1_000, 0],
  ['a tag 1,001 back', [grow('main', 2), tag('v1', 'main'), grow('main', 1_001)], 1, 1],
  ['a tag 1,100 back', [grow('main', 100), tag('v1', 'main'), grow('main', 1_100)], 1, 1],
])('is the same for a working tree and its commit: %s', async (_, commands, commits, warnings) => {
  write(...commands);
  for (const each of await both()) {
    expect(git(each.name, 'rev-list', '--count', 'HEAD')).toBe(String(commits));
    expect(git(each.name, 'tag')).toBe(commits === 1 && commands.length !== 2 ? '' : 'v1');
    expect(git(each.name, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
    expect(each.warnings).toEqual(
      Array.from({ length: warnings }, () => expect.stringMatching(/^no tag within 1000 commits/)),
    );
  }
});

it('reaches to where a long branch that was merged began, though the tag is near', async () => {
  write(
    grow('main', 3),
    ...[grow('old', 120, 'main'), grow('main', 5), tag('v1', 'main'), grow('main', 5)],
    ...[merge('main', 'old'), grow('main', 2)],
  );
  const expected = git('tree', 'describe', '--tags');
  expect(expected).toMatch(/^v1-128-/);
  for (const each of await both()) {
    expect(git(each.name, 'describe', '--tags')).toBe(expected);
    expect(each.warnings).toEqual([]);
  }
});
