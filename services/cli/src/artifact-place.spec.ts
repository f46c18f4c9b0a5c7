import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { artifactPlace, makeTarget } from './artifact-place.ts';
import { explainFailure } from './exit-codes.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-place-'));
afterAll(() => rmSync(root, { recursive: true }));

it('makes the directories on the way', async () => {
  const to = join(root, 'new', 'place');
  await makeTarget(to);
  expect(await artifactPlace(to, 'a/b/c.txt')).toBe(join(to, 'a/b/c.txt'));
  expect(await artifactPlace(to, 'a/b/d.txt')).toBe(join(to, 'a/b/d.txt'));
  expect(existsSync(join(to, 'a/b'))).toBe(true);
});

it('says what stands in the way of the directory, and ends', async () => {
  writeFileSync(join(root, 'taken'), '');
  const refusal = async (to: string) => explainFailure(await makeTarget(to).catch((no) => no));
  expect(await refusal(join(root, 'taken'))).toMatchObject({
    exitCode: 2,
    line: expect.stringContaining('is a file, not a directory [file.unwritable]'),
  });
  expect(await refusal(join(root, 'taken/deep/er'))).toMatchObject({
    exitCode: 2,
    line: expect.stringContaining('is a file, not a directory [file.unwritable]'),
  });
  // Node's own recursive mkdir never returns from here.
  expect(await refusal('/proc/millrace')).toMatchObject({
    exitCode: 2,
    line: '/proc/millrace cannot be written: nothing can be made there [file.unwritable]',
  });
});

it.each(['../x', 'a/../../x', '/etc/x', 'a\u001b[2Jb', ''])('refuses %j', async (name) => {
  await expect(artifactPlace(root, name)).rejects.toMatchObject({ code: 'artifact.refused' });
});

it('follows no link that stands in the directory', async () => {
  const outside = join(root, 'outside');
  const to = join(root, 'inside');
  mkdirSync(outside);
  mkdirSync(to);
  symlinkSync(outside, join(to, 'out'));
  await expect(artifactPlace(to, 'out/deep/x')).rejects.toMatchObject({ code: 'artifact.refused' });
  expect(existsSync(join(outside, 'deep'))).toBe(false);
});

it('refuses a way through a file', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(artifactPlace(root, 'file/x')).rejects.toMatchObject({ code: 'artifact.refused' });
});
