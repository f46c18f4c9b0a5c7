import { afterEach, expect, it, vi } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import type { Timers } from '#libs/kernel';
import type { LogKey, LogLine, LogReadOptions } from '#libs/logs';
import { namedUuid } from '#libs/testkit';
import { type FeedItem, runFeed } from './run-feed.ts';

const runId = namedUuid('run');
/** Those that vitest may fake. */
const timers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

afterEach(() => void vi.useRealTimers());

const started = (step: string): DomainEvent => ({
  type: 'run.step-started',
  data: { step, attempt: 1, executor: namedUuid('executor'), fence: 1 },
});
const finished = (step: string): DomainEvent => ({
  type: 'run.step-finished',
  data: { step, attempt: 1, fence: 1, outcome: 'success', cause: 'exit', exitCode: 0 },
});
const lost = (step: string): DomainEvent => ({
  type: 'run.step-attempt-lost',
  data: { step, attempt: 1, fence: 1, why: 'lease-expired' },
});
const over: DomainEvent = { type: 'run.finished', data: { outcome: 'success', failedSteps: [] } };

const recorded = (events: readonly DomainEvent[]) =>
  events.map((event, at) => ({ ...event, position: at + 1 }) as unknown as RecordedEvent);

const lineOf = (line: number, text: string): LogLine => ({
  line,
  time: '2026-11-27T00:00:00.000Z',
  stream: 'output',
  text,
});

type Read = (key: LogKey, options: LogReadOptions) => AsyncIterable<LogLine>;

function feedOf(
  events: readonly DomainEvent[],
  read: Read,
  running: Parameters<typeof runFeed>[0]['running'] = [],
) {
  const abort = new AbortController();
  async function* batches() {
    yield recorded(events);
    await new Promise((done) => abort.signal.addEventListener('abort', done));
  }
  const feed = runFeed({
    runId,
    events: batches(),
    logs: { read: (key, options = {}) => read(key, options) },
    running,
    timers,
    abort: abort.signal,
  });
  return { feed, abort };
}

const wordsOf = (item: FeedItem) =>
  'event' in item
    ? `${item.event.type} ${'step' in item.event.data ? item.event.data.step : ''}`.trim()
    : `${item.at.step}: ${item.line.text}`;

async function all(feed: AsyncIterable<FeedItem>): Promise<string[]> {
  const seen: string[] = [];
  for await (const item of feed) seen.push(wordsOf(item));
  return seen;
}

it('gives each line between the start and the end of its attempt, and ends with the run', async () => {
  const events = [started('a'), started('b'), finished('a'), finished('b'), over];
  async function* read({ step }: LogKey) {
    for (const line of [1, 2, 3]) {
      // All events are there long before.
      await new Promise((done) => setTimeout(done, step === 'a' ? 5 : 1));
      yield lineOf(line, String(line));
    }
  }
  const seen = await all(feedOf(events, read).feed);
  expect(seen.filter((words) => words.startsWith('run.'))).toEqual([
    'run.step-started a',
    'run.step-started b',
    'run.step-finished a',
    'run.step-finished b',
    'run.finished',
  ]);
  for (const step of ['a', 'b'])
    expect(
      seen.filter((words) => words.endsWith(` ${step}`) || words.startsWith(`${step}:`)),
    ).toEqual([
      `run.step-started ${step}`,
      `${step}: 1`,
      `${step}: 2`,
      `${step}: 3`,
      `run.step-finished ${step}`,
    ]);
});

it('reads no log further than one line ahead of who takes it', async () => {
  let read = 0;
  async function* busy(_key: LogKey, { abort }: LogReadOptions) {
    while (!abort?.aborted) {
      read += 1;
      yield lineOf(read, 'x');
    }
  }
  const { feed } = feedOf([started('a')], busy);
  for (let taken = 0; taken < 11; taken += 1) await feed.next();
  await new Promise((turn) => setTimeout(turn, 5));
  expect(read).toBeLessThanOrEqual(12);
  await feed.return();
});

/** A log whose writer died: it gives what there is, and has no end of its own. */
async function* endless({ step }: LogKey, { abort }: LogReadOptions) {
  yield lineOf(1, 'words');
  if (!abort?.aborted)
    await new Promise((done) => abort?.addEventListener('abort', done, { once: true }));
  // What came with the last look.
  yield lineOf(2, `last words of ${step}`);
}

it('waits a little for the end of a log whose writer died', async () => {
  vi.useFakeTimers();
  const { feed } = feedOf([started('a'), finished('a'), over], endless);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const item of feed) seen.push(wordsOf(item));
  })();
  await vi.advanceTimersByTimeAsync(1_900);
  expect(seen).toEqual(['run.step-started a', 'a: words']);
  await vi.advanceTimersByTimeAsync(200);
  await reading;
  expect(seen.slice(2)).toEqual(['a: last words of a', 'run.step-finished a', 'run.finished']);
});

it('gives all lines of a lost attempt before its end, and waits for no more of them', async () => {
  vi.useFakeTimers();
  const running = [{ step: 'b', attempt: 1, from: 1 }];
  const { feed } = feedOf([lost('b'), started('a'), lost('a'), over], endless, running);
  expect(await all(feed)).toEqual([
    'b: words',
    'b: last words of b',
    'run.step-attempt-lost b',
    'run.step-started a',
    'a: words',
    'a: last words of a',
    'run.step-attempt-lost a',
    'run.finished',
  ]);
  expect(vi.getTimerCount()).toBe(0);
});

it('goes on without a log that cannot be read', async () => {
  async function* unreadable() {
    yield await Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
  }
  expect(await all(feedOf([started('a'), finished('a'), over], unreadable).feed)).toEqual([
    'run.step-started a',
    'run.step-finished a',
    'run.finished',
  ]);
});

it('goes on with the logs that were being written where it was broken off', async () => {
  async function* read(key: LogKey, { from }: LogReadOptions) {
    yield lineOf(from ?? 1, `${key.step} from ${from}`);
  }
  const running = [{ step: 'a', attempt: 1, from: 7 }];
  expect(await all(feedOf([finished('a'), over], read, running).feed)).toEqual([
    'a: a from 7',
    'run.step-finished a',
    'run.finished',
  ]);
});
