import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HeardPosition } from './heard-position.ts';

let dir: string;
let nowMs = 0;
const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
const open = () => new HeardPosition(dir, clock);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-heard-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('begins where it registered when nothing is known, and where it was heard last otherwise', async () => {
  expect(await open().startFrom(70)).toBe(70);
  const heard = open();
  heard.note(40, []);
  await heard.close();
  expect(await open().startFrom(70)).toBe(40);
});

it('does not count what was heard and not yet done, nor anything behind it', async () => {
  const heard = open();
  const slow = Promise.withResolvers<void>();
  heard.note(40, []);
  await delay(20);
  nowMs += 5_000;
  heard.note(50, [slow.promise]);
  heard.note(60, []);
  await delay(20);
  expect(await open().startFrom(70)).toBe(40);
  slow.resolve();
  await heard.close();
  expect(await open().startFrom(70)).toBe(60);
});

it.each([
  ['of a log that was replaced', '5000\n', 70, 70],
  ['torn', '4', 70, 70],
  ['of long ago', '5\n', 900_000, 800_000],
])('takes a file %s for what it is', async (_, text, registered, start) => {
  writeFileSync(join(dir, 'heard-position'), text);
  expect(await open().startFrom(registered)).toBe(start);
});
