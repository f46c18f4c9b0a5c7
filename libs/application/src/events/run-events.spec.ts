import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/events';
import { namedUuid } from '#libs/testkit';
import { seenOfRun } from '../runs/seen-of-run.ts';
import { batchMax, type FollowedLog, runEvents } from './run-events.ts';

const runId = namedUuid('run');
const stream = `run-${runId}`;

const step = (type: string, name: string, attempt = 1) => ({
  type,
  data: { step: name, attempt },
});

/** Every second position of the log is another stream's. */
const recorded = (events: readonly object[]) =>
  events.map(
    (event, at) => ({ ...event, stream, version: at + 1, position: 2 * at + 2 }) as RecordedEvent,
  );

/** A log of these events of the run, which counts what is read of it. */
function logOf(events: readonly RecordedEvent[]) {
  const read: number[] = [];
  let tailBegins: number | undefined;
  const parts = {
    store: {
      readStream: async (_: string, { afterVersion = 0, limit = 1_000 } = {}) => {
        const page = events.slice(afterVersion, afterVersion + limit);
        read.push(page.length);
        return page;
      },
      head: async () => ({ position: events.length * 2 + 1, incarnation: '' }),
    },
    tail: {
      follow(after: number) {
        tailBegins = after;
        return Readable.from([]);
      },
    },
  };
  return {
    parts: parts as unknown as FollowedLog,
    read,
    get tailBegins() {
      return tailBegins;
    },
  };
}

const request = (after: number, afterVersion = 0) => ({
  after,
  afterVersion,
  abort: new AbortController().signal,
});

describe('the events of a run', () => {
  const events = recorded(Array.from({ length: 2 * batchMax + 5 }, (_, at) => step('x', `${at}`)));

  it('are read a page at a time, when the page before was taken', async () => {
    const log = logOf(events);
    const pages = runEvents(log.parts, runId, request(0));
    expect((await pages.next()).value).toHaveLength(batchMax);
    expect(log.read).toEqual([batchMax]);
    const rest: RecordedEvent[] = [];
    for await (const page of pages) rest.push(...page);
    expect(rest).toEqual(events.slice(batchMax));
    expect(log.tailBegins).toBe(events.length * 2 + 1);
  });

  it('begin behind a position, or behind a version that the reader knows', async () => {
    const from = async (after: number, afterVersion: number) => {
      const log = logOf(events);
      const all: RecordedEvent[] = [];
      for await (const page of runEvents(log.parts, runId, request(after, afterVersion)))
        all.push(...page);
      return { versions: all.map(({ version }) => version).slice(0, 1), pages: log.read.length };
    };
    expect(await from(800, 0)).toEqual({ versions: [401], pages: 4 });
    expect(await from(800, 400)).toEqual({ versions: [401], pages: 2 });
  });
});

describe('what a reader has seen of a run', () => {
  const history = recorded([
    step('run.step-started', 'a'),
    step('run.step-started', 'b'),
    step('run.step-attempt-lost', 'b'),
    step('run.step-started', 'c'),
    step('run.step-finished', 'c'),
    { type: 'run.finished', data: {} },
  ]);

  it.each([
    [0, 0, []],
    [3, 1, ['a']],
    [4, 2, ['a', 'b']],
    [9, 4, ['a', 'c']],
    [11, 5, ['a']],
  ])('at position %i is version %i, with %j running', async (position, version, running) => {
    const seen = await seenOfRun(logOf(history).parts, runId, position);
    expect(seen).toMatchObject({ version, isOver: false });
    expect(seen.running.map(({ step: name }) => name)).toEqual(running);
  });

  it('is all of it behind its last event', async () => {
    expect(await seenOfRun(logOf(history).parts, runId, 12)).toMatchObject({ isOver: true });
  });
});
