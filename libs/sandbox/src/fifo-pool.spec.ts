import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FifoPool, type Pipe } from './fifo-pool.ts';
import { Spawner } from './spawner.ts';

let dir: string;
let pool: FifoPool;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-pipes-'));
  pool = new FifoPool(dir, (file, args) => new Spawner().run(file, args));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** As a step does it: the child opens the name, we let go of our end. */
function childOf(pipe: Pipe): number {
  const fd = openSync(pipe.path, 'w');
  pipe.closeWriter();
  return fd;
}

it('uses a pipe again that has ended, with nothing of before in it', async () => {
  const first = await pool.take();
  const child = childOf(first);
  writeSync(child, 'one');
  closeSync(child);
  expect(await text(first.reader)).toBe('one');
  first.release();
  const second = await pool.take();
  expect(second.path).toBe(first.path);
  const heir = childOf(second);
  writeSync(heir, 'two');
  closeSync(heir);
  expect(await text(second.reader)).toBe('two');
  second.release();
});

it('never gives away a pipe that somebody may still write to', async () => {
  const pipe = await pool.take();
  const escaped = childOf(pipe);
  pipe.release();
  expect(existsSync(pipe.path)).toBe(false);
  expect((await pool.take()).path).not.toBe(pipe.path);
  closeSync(escaped);
});

it('passes over a pipe that cannot be opened any more', async () => {
  const pipe = await pool.take();
  closeSync(childOf(pipe));
  await text(pipe.reader);
  pipe.release();
  rmSync(pipe.path);
  expect((await pool.take()).path).not.toBe(pipe.path);
});
