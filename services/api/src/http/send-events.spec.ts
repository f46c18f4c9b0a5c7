import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sendEvents } from './send-events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A reader that takes what is written at once, or only when it is told to. */
class Reader extends EventEmitter {
  readonly got: string[] = [];
  isSlow = false;
  isEnded = false;

  get writableNeedDrain(): boolean {
    return this.isSlow;
  }

  writeHead(): void {}

  write(text: string): boolean {
    this.got.push(text);
    return !this.isSlow;
  }

  end(): void {
    this.isEnded = true;
  }

  get reply(): FastifyReply {
    return { raw: this, hijack: () => {} } as unknown as FastifyReply;
  }
}

async function* numbers(made: number[]) {
  for (let next = 1; next <= 3; next += 1) {
    made.push(next);
    yield `data: ${next}\n\n`;
  }
}

it('sends what is made, and ends behind the last', async () => {
  const reader = new Reader();
  await sendEvents(reader.reply, () => numbers([]));
  expect(reader.got).toEqual(['retry: 1000\n\n', 'data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
  expect(reader.isEnded).toBe(true);
});

it('makes nothing ahead for a slow reader, and leaves no listener on its connection', async () => {
  const reader = new Reader();
  reader.isSlow = true;
  const made: number[] = [];
  const sent = sendEvents(reader.reply, () => numbers(made));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(made).toEqual([1]);
  reader.emit('drain');
  await vi.advanceTimersByTimeAsync(1);
  expect(made).toEqual([1, 2]);
  reader.isSlow = false;
  reader.emit('drain');
  await sent;
  expect(made).toEqual([1, 2, 3]);
  expect(reader.listenerCount('drain')).toBe(0);
});

it('shows a quiet reader that it is still there', async () => {
  const reader = new Reader();
  const quiet = Promise.withResolvers<void>();
  const sent = sendEvents(reader.reply, async function* () {
    await quiet.promise;
    yield* numbers([]);
  });
  await vi.advanceTimersByTimeAsync(31_000);
  expect(reader.got.filter((text) => text.startsWith(':'))).toHaveLength(2);
  quiet.resolve();
  await sent;
});

it('ends what is made when the reader goes, also if it is waited for', async () => {
  const reader = new Reader();
  reader.isSlow = true;
  let aborted: AbortSignal | undefined;
  const sent = sendEvents(reader.reply, async function* (abort) {
    aborted = abort;
    while (!abort.aborted) yield 'data: more\n\n';
  });
  await vi.advanceTimersByTimeAsync(1);
  reader.emit('close');
  await sent;
  expect(aborted?.aborted).toBe(true);
});
