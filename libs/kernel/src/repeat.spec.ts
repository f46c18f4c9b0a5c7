import { expect, it } from 'vitest';
import { VirtualClock } from '#libs/testkit';
import { repeat } from './repeat.ts';

function loop(over: { everyMs?: () => number; onError?: (error: unknown) => void } = {}) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const onError = (error: unknown) => {
    throw error;
  };
  return {
    clock,
    abort,
    parts: { everyMs: () => 100, onError, ...over, timers: clock, abort: abort.signal },
  };
}

it('works at once and then after each pause, until the abort', async () => {
  const { clock, abort, parts } = loop();
  const atMs: number[] = [];
  const ended = repeat(parts, () => void atMs.push(clock.monotonicMs()));
  await clock.advance(250);
  abort.abort();
  await ended;
  await clock.advance(500);
  expect(atMs).toEqual([0, 100, 200]);
});

it('asks for the pause anew after each round', async () => {
  const pauses = [10, 20, 1_000];
  const { clock, abort, parts } = loop({ everyMs: () => pauses.shift() ?? 0 });
  const rounds: number[] = [];
  const ended = repeat(parts, () => void rounds.push(clock.monotonicMs()));
  await clock.advance(100);
  expect(rounds).toEqual([0, 10, 30]);
  abort.abort();
  await ended;
});

it('goes on after an error that is taken, and ends with one that is not', async () => {
  const taken: unknown[] = [];
  const { clock, parts } = loop({
    onError: (error) => {
      if (taken.length === 1) throw error;
      taken.push(error);
    },
  });
  const ended = repeat(parts, async () => {
    throw new Error('no');
  });
  const refused = expect(ended).rejects.toThrow('no');
  await clock.advance(100);
  await refused;
  expect(taken).toHaveLength(1);
});
