import { expect, it } from 'vitest';
import { EndingTail } from './ending-tail.ts';
import { appendOf, freshRun } from './event-store.contract.ts';
import { StoreLogTail } from './log-tail.ts';
import { appenderFor, memoryStore, timers } from './note-decider.contract.ts';

function setUp() {
  const store = memoryStore();
  const { appender, signal } = appenderFor(store);
  const tail = new StoreLogTail({ store, signal, timers });
  const append = () => appender.append(appendOf(freshRun(), 0));
  return { ending: new EndingTail({ tail, store }), append };
}

it('gives what is recorded when it ends, and an end', async () => {
  const { ending, append } = setUp();
  const { signal } = new AbortController();
  await append();
  const follower = ending.follow(0, { abort: signal, batchMax: 2 })[Symbol.asyncIterator]();
  const next = async () => (await follower.next()).value?.map(({ position }) => position);
  expect(await next()).toEqual([1]);
  for (let count = 0; count < 3; count += 1) await append();
  ending.end();
  expect(await next()).toEqual([2, 3]);
  expect(await next()).toEqual([4]);
  expect((await follower.next()).done).toBe(true);
  // Who comes back asks for the rest alone.
  const late: number[] = [];
  for await (const batch of ending.follow(3, { abort: signal }))
    late.push(...batch.map(({ position }) => position));
  expect(late).toEqual([4]);
});

it('gives nothing to who has left', async () => {
  const { ending, append } = setUp();
  await append();
  ending.end();
  const batches = ending.follow(0, { abort: AbortSignal.abort() });
  expect((await batches.next()).done).toBe(true);
});
