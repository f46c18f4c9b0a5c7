import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FifoPool, type Pipe } from './fifo-pool.ts';
import { Spawner } from './spawner.ts';

let dir: string;
let batches: number;
let pool: FifoPool;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-pipes-'));
  batches = 0;
  const spawner = new Spawner();
  pool = new FifoPool(dir, (file, args) => {
    batches += 1;
    return spawner.run(file, args);
  });
});
afterEach(() => rmSync(dir, { recursive: true }));

/** As a step does it: the child opens the name, then it is the child's. */
function childOf(pipe: Pipe): number {
  const fd = openSync(pipe.path, 'w');
  pipe.handOver();
  return fd;
}

it('takes the name of a pipe away as soon as its step has it', async () => {
  const pipe = await pool.take();
  const child = childOf(pipe);
  expect(existsSync(pipe.path)).toBe(false);
  writeSync(child, 'one');
  closeSync(child);
  expect(await text(pipe.reader)).toBe('one');
  pipe.release();
});

it('never gives a pipe twice, however it ended', async () => {
  const names = new Set<string>();
  for (let round = 0; round < 200; round += 1) {
    const pipe = await pool.take();
    const child = childOf(pipe);
    // Every other step holds its end beyond the release.
    if (round % 2 === 0) closeSync(child);
    if (round % 2 === 0) await text(pipe.reader);
    pipe.release();
    if (round % 2 === 1) closeSync(child);
    names.add(pipe.path);
  }
  expect(names.size).toBe(200);
  expect([...names].filter((path) => existsSync(path))).toEqual([]);
  // Made ahead, many at a time.
  expect(batches).toBeLessThanOrEqual(3);
});

it('passes over a pipe that is not there any more', async () => {
  const pipe = await pool.take();
  pipe.handOver();
  pipe.release();
  for (const name of readdirSync(join(dir, 'pipes')).slice(1)) rmSync(join(dir, 'pipes', name));
  const next = await pool.take();
  expect(existsSync(next.path)).toBe(true);
  next.handOver();
  next.release();
});
