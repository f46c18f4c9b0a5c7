import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkGit } from './check-git.ts';

const place = mkdtempSync(join(tmpdir(), 'millrace-git-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const empty = join(place, 'empty');
const full = join(place, 'full');
for (const directory of [empty, full]) mkdirSync(directory);
writeFileSync(join(full, 'git'), '#!/bin/sh\necho git version 9\n', { mode: 0o755 });

it('looks for git as a server in the background does, whatever the PATH of the command is', async () => {
  expect(await checkGit({ server: full, command: empty })).toEqual({
    check: 'git',
    state: 'ok',
    detail: 'git version 9',
  });
});

it('tells a git that only the command finds from none', async () => {
  expect(await checkGit({ server: empty, command: full })).toMatchObject({
    state: 'problem',
    detail: `git version 9 is on your PATH, which a server in the background does not search: it searches ${empty}`,
  });
  expect(await checkGit({ server: empty, command: empty })).toMatchObject({
    state: 'problem',
    detail: expect.stringMatching(/^there is none/),
  });
});
