import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import type { Timers } from '#libs/kernel';
import { namedUuid } from '#libs/testkit';
import { logEndMs, logIsOver } from './log-end.ts';

const runId = namedUuid('run');
/** Those that vitest fakes. */
const timers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const now = Date.parse('2026-11-27T00:00:10.000Z');
beforeEach(() => void vi.useFakeTimers({ now }));
afterEach(() => void vi.useRealTimers());

const lost = (step: string, attempt: number): DomainEvent => ({
  type: 'run.step-attempt-lost',
  data: { step, attempt, fence: 1, why: 'lease-expired' },
});
const finished = (step: string, attempt: number): DomainEvent => ({
  type: 'run.step-finished',
  data: { step, attempt, fence: 1, outcome: 'success', cause: 'exit', exitCode: 0 },
});

/** A run of which these events are there, and those others come when they are told to. */
function runWith(there: readonly DomainEvent[], ageMs = 0) {
  const stream = `run-${runId}`;
  const time = new Date(now - ageMs).toISOString();
  const recorded = (event: DomainEvent, at: number) =>
    ({ ...event, stream, time, position: at + 1, version: at + 1 }) as unknown as RecordedEvent;
  const events = there.map(recorded);
  const come = Promise.withResolvers<readonly RecordedEvent[]>();
  const abort = new AbortController();
  const parts = {
    histories: { read: async () => events },
    store: { readStream: async () => [], head: async () => ({ position: events.length }) },
    tail: {
      async *follow(after: number) {
        expect(after).toBe(events.length);
        yield [recorded(lost('a', 1), 90)].map((event) => ({ ...event, stream: 'run-other' }));
        yield await come.promise;
      },
    },
    clock: { nowMs: () => Date.now(), monotonicMs: () => Date.now() },
    timers,
  } as unknown as Parameters<typeof logIsOver>[0];
  let isOver = false;
  const over = logIsOver(parts, { runId, step: 'a', attempt: 1 }, abort.signal);
  void over.then(() => {
    isOver = true;
  });
  return {
    abort,
    over,
    isOver: async () => {
      await vi.advanceTimersByTimeAsync(0);
      return isOver;
    },
    add: (...added: readonly DomainEvent[]) =>
      come.resolve(added.map((event, at) => recorded(event, events.length + at))),
  };
}

it('is over at once where the attempt was lost', async () => {
  expect(await runWith([finished('b', 1), lost('a', 1)]).isOver()).toBe(true);
});

it('is over with the event of its loss, and with that of no other attempt', async () => {
  const run = runWith([lost('b', 1), lost('a', 2)]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await run.isOver()).toBe(false);
  run.add(finished('b', 2), lost('a', 1));
  expect(await run.isOver()).toBe(true);
});

it('waits a while for the end of a log whose attempt has finished', async () => {
  const run = runWith([]);
  run.add(finished('a', 1));
  expect(await run.isOver()).toBe(false);
  await vi.advanceTimersByTimeAsync(logEndMs);
  expect(await run.isOver()).toBe(true);
});

it('waits for nothing that has been over for long', async () => {
  expect(await runWith([finished('a', 1)], logEndMs).isOver()).toBe(true);
});

it('leaves nothing waiting behind the abort', async () => {
  const run = runWith([finished('a', 1)]);
  expect(await run.isOver()).toBe(false);
  run.abort.abort();
  await run.over;
  expect(vi.getTimerCount()).toBe(0);
});
