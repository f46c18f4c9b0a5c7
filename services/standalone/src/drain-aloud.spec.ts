import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '#libs/telemetry';
import { drainAloud } from './drain-aloud.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

type Steps = { runNumber: number; step: string }[];

/** A drain of a server in which these steps run. */
function draining(running: Steps, enough = new AbortController()) {
  const said: string[] = [];
  const ended = Promise.withResolvers<Steps>();
  const life = {
    get running() {
      return running;
    },
    drain: () => ended.promise,
  };
  const done = drainAloud(life, {
    withinMs: 30_000,
    enough: enough.signal,
    say: (text) => void said.push(text),
    logger: silentLogger,
  });
  return { said, ended, done };
}

it('names the steps that it waits for, again whenever they change, and then nothing more', async () => {
  const running = [
    { runNumber: 7, step: 'build' },
    { runNumber: 8, step: 'test' },
  ];
  const { said, ended, done } = draining(running);
  await vi.advanceTimersByTimeAsync(1_000);
  running.shift();
  await vi.advanceTimersByTimeAsync(1_000);
  running.shift();
  await vi.advanceTimersByTimeAsync(1_000);
  ended.resolve([]);
  await done;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(said).toEqual([
    'waiting for build of run 7, test of run 8 (at most 30 s; another signal ends at once)',
    'waiting for test of run 8 (at most 30 s; another signal ends at once)',
  ]);
});

it('says which steps were ended before their time', async () => {
  const { said, ended, done } = draining([{ runNumber: 7, step: 'build' }]);
  ended.resolve([{ runNumber: 7, step: 'build' }]);
  await done;
  expect(said.at(-1)).toBe('ended before its time: build of run 7');
});

it('says nothing if no step runs, and not that it waits if nobody wants to wait', async () => {
  const idle = draining([]);
  idle.ended.resolve([]);
  await idle.done;
  expect(idle.said).toEqual([]);
  const enough = new AbortController();
  enough.abort();
  const hurried = draining([{ runNumber: 7, step: 'build' }], enough);
  hurried.ended.resolve([]);
  await hurried.done;
  expect(hurried.said).toEqual([]);
});
