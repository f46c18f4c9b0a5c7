import { expect, it } from 'vitest';
import type { RunDto } from '#libs/api-contract';
import { defaultTenant, streamName } from '#libs/events';
import { MemoryEventStore, namedUuid } from '#libs/testkit';
import { accepted } from '../answer.ts';
import { RunHistories } from './run-histories.ts';

const event = { type: 'run.cancel-requested', data: { by: 'user:admin', force: false } } as const;

async function historiesOf(runs: Readonly<Record<string, number>>) {
  const clock = { nowMs: () => 0, monotonicMs: () => 0 };
  const store = new MemoryEventStore(clock, { incarnation: namedUuid('log') });
  const append = (run: string, expectedVersion: number, count: number) =>
    store.append([
      {
        stream: streamName('run', namedUuid(run)),
        expectedVersion,
        events: Array.from({ length: count }, () => event),
        origin: { tenant: defaultTenant, actor: 'system' },
      },
    ]);
  for (const [run, count] of Object.entries(runs)) await append(run, 0, count);
  const time = { nowMs: 0 };
  const read: number[] = [];
  const counting: Pick<MemoryEventStore, 'readStream'> = {
    async readStream(stream, options) {
      const events = await store.readStream(stream, options);
      read.push(events.length);
      return events;
    },
  };
  return { histories: new RunHistories(counting, () => time.nowMs), append, time, read };
}

it('reads a run once, and then what came since', async () => {
  const { histories, append, read } = await historiesOf({ a: 5 });
  const [id, folded] = [namedUuid('a'), [] as number[]];
  const view = () =>
    histories.view(id, async (events) => {
      folded.push(events.length);
      return accepted({} as RunDto);
    });
  await view();
  await view();
  await append('a', 5, 2);
  await view();
  expect(read).toEqual([5, 0, 2]);
  expect(folded).toEqual([5, 7]);
  expect((await histories.read(id)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

it('reads it anew after a while', async () => {
  const { histories, time, read } = await historiesOf({ a: 5 });
  await histories.read(namedUuid('a'));
  time.nowMs = 11_000;
  await histories.read(namedUuid('a'));
  expect(read).toEqual([5, 5]);
});

it('keeps no more than it may, the newest first, and nothing of a run that is larger', async () => {
  const { histories, read } = await historiesOf({ a: 6_000, b: 6_000, huge: 10_001 });
  for (const run of ['a', 'b', 'b', 'a', 'huge', 'huge', 'a']) await histories.read(namedUuid(run));
  expect(read).toEqual([6_000, 6_000, 0, 6_000, 10_001, 10_001, 0]);
});
