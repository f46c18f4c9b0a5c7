import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { requirePlainWay } from './submodule-way.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-way-'));
  for (const directory of ['tree/lib/inner', 'tree/.git/modules', 'tree/lib/.GIT', 'outside/inner'])
    mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, 'tree/file'), '');
  symlinkSync(join(root, 'outside'), join(root, 'tree/link'));
  symlinkSync('lib', join(root, 'tree/near'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it.each(['lib', 'lib/inner'])('lets a submodule lie at %s', async (path) => {
  await expect(requirePlainWay(join(root, 'tree'), path)).resolves.toBeUndefined();
});

it.each([
  ['a link', 'link'],
  ['below a link that leads out', 'link/inner'],
  ['below a link that stays inside', 'near/inner'],
  ['a file', 'file'],
  ['below a file', 'file/inner'],
  ['nothing', 'missing'],
  ['git’s own directory', '.git/modules'],
  ['a name for it on other file systems', 'lib/.GIT'],
  ['a way up', '../outside'],
  ['a way up behind a way down', 'lib/../../outside'],
  ['an absolute path', '/lib'],
  ['the repository itself', ''],
  ['the repository by another name', '.'],
])('refuses %s', async (_, path) => {
  await expect(requirePlainWay(join(root, 'tree'), path)).rejects.toMatchObject({
    code: 'source.invalid',
    message: 'a submodule lies where no directory is',
  });
});
