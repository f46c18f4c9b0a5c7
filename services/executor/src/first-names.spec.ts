import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { firstNames } from './first-names.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-names-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it.each([
  [0, 3, 0],
  [2, 3, 2],
  [3, 3, 3],
  [9, 3, 3],
])('of %i entries, at most %i: %i', (there, most, given) => {
  for (let at = 0; at < there; at += 1) writeFileSync(join(directory, `${at}`), '');
  expect(new Set(firstNames(directory, most)).size).toBe(given);
});

it('throws where there is no directory', () => {
  mkdirSync(join(directory, 'gone'));
  rmSync(join(directory, 'gone'), { recursive: true });
  expect(() => firstNames(join(directory, 'gone'), 1)).toThrow('ENOENT');
});
