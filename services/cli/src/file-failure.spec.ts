import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { explainFailure } from './exit-codes.ts';
import { fileFailure, writingTo } from './file-failure.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-failure-'));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, 'file'), '');

const failed = (code: string, syscall: string, path?: string) =>
  Object.assign(new Error(code), { code, syscall, path });

it.each([
  ['EACCES', 2],
  ['EROFS', 2],
  ['ENOTDIR', 2],
  ['EISDIR', 2],
  ['ENAMETOOLONG', 2],
  ['ENOSPC', 3],
  ['EDQUOT', 3],
  ['EIO', 3],
  ['EMFILE', 3],
])('%s of a file here is no error of the server', (code, exitCode) => {
  for (const syscall of ['open', 'write', 'mkdir', 'stat']) {
    const explained = explainFailure(failed(code, syscall, '/x'));
    expect(explained.exitCode).toBe(exitCode);
    expect(explained.line).toMatch(
      /^\/x cannot be (read|written): .* \[file\.un(read|writ)able\]$/,
    );
    expect(explained.line).not.toContain(code);
  }
});

it.each([
  [() => readFile(root), 'cannot be read: it is a directory [file.unreadable]'],
  [() => mkdir(join(root, 'file/x')), 'it or a part of its path is a file, not a directory'],
  [() => mkdir(join(root, 'x'.repeat(300))), 'its name is too long [file.unwritable]'],
  [
    () => rename(join(root, 'none'), join(root, 'y')),
    'nothing can be made there [file.unwritable]',
  ],
])('what Node throws has words', async (work, words) => {
  const error = await work().catch((thrown: unknown) => thrown);
  expect(explainFailure(error).line).toContain(words);
});

it('speaks of the place that the caller named', async () => {
  const writing = writingTo('out/a', () => Promise.reject(failed('ENOSPC', 'write')));
  const error = await writing.catch((thrown: unknown) => thrown);
  expect(explainFailure(error).line).toBe(
    'out/a cannot be written: the disk is full [file.unwritable]',
  );
});

it('a working directory that was removed is named', () =>
  expect(fileFailure(failed('ENOENT', 'uv_cwd'))?.message).toContain('gone'));

it.each([
  failed('ENOENT', 'spawn git'),
  failed('EACCES', 'connect', '/x/api.sock'),
  failed('ECONNRESET', 'read'),
  new Error('bug'),
])('%s is no failure of a file', (error) => expect(fileFailure(error)).toBeUndefined());
