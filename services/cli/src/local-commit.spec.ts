import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitCommand, localRepository } from './local-commit.ts';

it('knows a repository of this machine by its path, by its address and from inside', () => {
  const repository = join(import.meta.dirname, '../../..');
  for (const url of [import.meta.dirname, `file://${import.meta.dirname}`, repository, undefined])
    expect(localRepository(url)).toBe(repository);
  expect(localRepository('/')).toBe('/');
  for (const other of ['https://host/x', 'git@host:x', '/no/such', 'file://host/x', ''])
    expect(localRepository(other)).toBeUndefined();
});

it('gives a commit a tree of its own, in words that a shell reads as they are', () => {
  expect(commitCommand('/a', 'HEAD~1', 'millrace run')).toBe(
    `git -C /a worktree add --detach /a-HEAD-1 'HEAD~1' && cd /a-HEAD-1 && millrace run`,
  );
  expect(commitCommand("/it's", 'x;y', 'run')).toBe(
    `git -C '/it'\\''s' worktree add --detach '/it'\\''s-x-y' 'x;y' && cd '/it'\\''s-x-y' && run`,
  );
});
