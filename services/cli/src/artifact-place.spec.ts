import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { artifactPlace } from './artifact-place.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-place-'));
afterAll(() => rmSync(root, { recursive: true }));

it('makes the directories on the way', async () => {
  const to = join(root, 'new', 'place');
  expect(await artifactPlace(to, 'a/b/c.txt')).toBe(join(to, 'a/b/c.txt'));
  expect(await artifactPlace(to, 'a/b/d.txt')).toBe(join(to, 'a/b/d.txt'));
  expect(existsSync(join(to, 'a/b'))).toBe(true);
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
