import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ServerFile } from '#libs/api-contract';
import { openDataDirectory } from './data-directory.ts';

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'millrace-data-directory-'));
  root = join(base, '.millrace');
  // The record that it is ours lies in the user's state.
  vi.stubEnv('XDG_STATE_HOME', join(base, 'state'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

const file = { url: 'http://127.0.0.1:7420', pid: 1 } as unknown as ServerFile;
const modeOf = (path: string) => statSync(path).mode & 0o777;

it('is made for its owner alone, and keeps itself out of commits', () => {
  openDataDirectory(root);
  expect(modeOf(root)).toBe(0o700);
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('*\n');
});

it('has one token for the administrator, which others cannot read and restarts do not change', () => {
  const token = openDataDirectory(root).ensureAdminToken();
  expect(token).toMatch(/^mrt_[\w-]{43}$/);
  expect(modeOf(join(root, 'admin-token'))).toBe(0o600);
  expect(openDataDirectory(root).ensureAdminToken()).toBe(token);
});

it('takes a token of the administrator’s own, and none that can be guessed', () => {
  const directory = openDataDirectory(root);
  writeFileSync(join(root, 'admin-token'), 'a-token-of-my-own\n', { mode: 0o644 });
  expect(directory.ensureAdminToken()).toBe('a-token-of-my-own');
  expect(modeOf(join(root, 'admin-token'))).toBe(0o600);
  writeFileSync(join(root, 'admin-token'), 'short\n');
  expect(directory.ensureAdminToken()).toMatch(/^mrt_/);
});

it('says in server.json how to reach the server, until it ends', () => {
  const directory = openDataDirectory(root);
  directory.writeServerFile(file);
  expect(JSON.parse(readFileSync(join(root, 'server.json'), 'utf8'))).toEqual(file);
  expect(modeOf(join(root, 'server.json'))).toBe(0o600);
  directory.removeServerFile();
  expect(existsSync(join(root, 'server.json'))).toBe(false);
});

it('notices that another directory stands in its place, and leaves that one alone', () => {
  const directory = openDataDirectory(root);
  expect(directory.isInPlace()).toBe(true);
  renameSync(root, join(base, 'elsewhere'));
  expect(directory.isInPlace()).toBe(false);
  openDataDirectory(root).writeServerFile(file);
  directory.removeServerFile();
  expect(existsSync(join(root, 'server.json'))).toBe(true);
});
