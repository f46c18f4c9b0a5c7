import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConsumedPosition } from './consumed-position.ts';

let dir: string;
let nowMs = 0;
const clock = { nowMs: () => 0, monotonicMs: () => nowMs };
const open = () => new ConsumedPosition(dir, clock);
const incarnation = '01900000-0000-7000-8000-00000000000a';
const at = (position: number) => ({ position, incarnation });
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-consumed-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('begins at the registered position if nothing is known, else at the last one that was consumed', async () => {
  expect(await open().startFrom(at(70))).toBe(70);
  const consumed = open();
  consumed.note(at(40), []);
  await consumed.close();
  expect(await open().startFrom(at(70))).toBe(40);
});

it('does not count a position whose work is not done, nor one after it', async () => {
  const consumed = open();
  const slow = Promise.withResolvers<void>();
  consumed.note(at(40), []);
  await delay(20);
  nowMs += 5_000;
  consumed.note(at(50), [slow.promise]);
  consumed.note(at(60), []);
  await delay(20);
  expect(await open().startFrom(at(70))).toBe(40);
  slow.resolve();
  await consumed.close();
  expect(await open().startFrom(at(70))).toBe(60);
});

it.each([
  ['of another log', '40 01900000-0000-7000-8000-00000000000b\n', 70, 0],
  ['of another log that is long', `5 ${'0'.repeat(36)}\n`, 900_000, 800_000],
  ['that names no log', '40\n', 70, 0],
  ['of a position that the log does not have', `5000 ${incarnation}\n`, 70, 0],
  ['torn', '4', 70, 0],
  ['of long ago', `5 ${incarnation}\n`, 900_000, 800_000],
])('begins right with a file %s', async (_, text, registered, start) => {
  writeFileSync(join(dir, 'heard-position'), text);
  expect(await open().startFrom(at(registered))).toBe(start);
});
