import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '#libs/events';
import { Fault } from '#libs/kernel';
import { VirtualClock } from '#libs/testkit';
import { appendOf, freshRun } from './event-store.contract.ts';
import { InProcessLogSignal } from './in-process-log-signal.ts';
import { StoreLogTail } from './log-tail.ts';
import type { MemoryEventStore } from './memory-event-store.ts';
import { appenderFor, memoryStore, timers } from './note-decider.contract.ts';

function setUp(store: MemoryEventStore = memoryStore()) {
  const { appender, signal } = appenderFor(store);
  const faults: Fault[] = [];
  const tail = new StoreLogTail({ store, signal, timers, onFault: (fault) => faults.push(fault) });
  appender.onAppended((events) => tail.feed(events));
  const elsewhere = () => store.append([appendOf(freshRun(), 0)]);
  const here = () => appender.append(appendOf(freshRun(), 0));
  return { store, tail, faults, elsewhere, here };
}

/** Follows until `count` events came. */
async function take(
  tail: StoreLogTail,
  options: { readonly after: number; readonly count: number; readonly batchMax?: number },
): Promise<readonly number[]> {
  const abort = new AbortController();
  const positions: number[] = [];
  const { after, count, ...rest } = options;
  for await (const batch of tail.follow(after, { abort: abort.signal, ...rest })) {
    expect(batch.length).toBeGreaterThan(0);
    expect(batch.length).toBeLessThanOrEqual(rest.batchMax ?? 500);
    positions.push(...batch.map(({ position }) => position));
    if (positions.length >= count) abort.abort();
  }
  return positions;
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

describe('StoreLogTail', () => {
  it('starts in the past and goes on with what comes, from here and from elsewhere', async () => {
    const { tail, elsewhere, here } = setUp();
    for (let count = 0; count < 30; count += 1) await elsewhere();
    const taken = take(tail, { after: 0, count: 60, batchMax: 7 });
    const late = take(tail, { after: 28, count: 32 });
    for (let count = 0; count < 15; count += 1) {
      await here();
      await elsewhere();
    }
    expect(await taken).toEqual(upTo(60));
    expect(await late).toEqual(upTo(60).slice(28));
    expect(tail.position).toBe(60);
  });

  it('gives what this process appends without asking the store', async () => {
    const { store, tail, here } = setUp();
    await here();
    const abort = new AbortController();
    const follower = tail.follow(0, { abort: abort.signal })[Symbol.asyncIterator]();
    expect((await follower.next()).value).toHaveLength(1);
    let reads = 0;
    const readLog = store.readLog.bind(store);
    store.readLog = async (options) => {
      reads += 1;
      return await readLog(options);
    };
    const appended = await here();
    const batch = (await follower.next()).value as readonly RecordedEvent[];
    expect(appended.kind === 'appended' && appended.events[0]).toBe(batch[0]);
    expect(reads).toBe(0);
    abort.abort();
    expect((await follower.next()).done).toBe(true);
  });

  it('can be followed again after nobody did', async () => {
    const { tail, elsewhere, here } = setUp();
    await here();
    expect(await take(tail, { after: 0, count: 1 })).toEqual([1]);
    await here();
    await elsewhere();
    await here();
    expect(tail.position).toBe(4);
    expect(await take(tail, { after: 1, count: 3 })).toEqual([2, 3, 4]);
  });

  it('survives a store that cannot be reached', async () => {
    const store = memoryStore();
    const { tail, faults, elsewhere } = setUp(store);
    const [head, readLog] = [store.head.bind(store), store.readLog.bind(store)];
    const fault = () => Promise.reject(new Fault('log.unavailable', 'backoff', 'away'));
    store.head = () => {
      store.head = head;
      return fault();
    };
    store.readLog = () => {
      store.readLog = readLog;
      return fault();
    };
    await elsewhere();
    expect(await take(tail, { after: 0, count: 1 })).toEqual([1]);
    expect(faults).toHaveLength(2);
  });

  it('rests while the log is away, though the signal tells of events that it cannot read', async () => {
    const store = memoryStore();
    const clock = new VirtualClock();
    const signal = new InProcessLogSignal(clock);
    const tail = new StoreLogTail({ store, signal, timers: clock });
    const abort = new AbortController();
    const first = tail.follow(0, { abort: abort.signal }).next();
    await clock.advance(1_000);
    let asked = 0;
    const readLog = store.readLog.bind(store);
    store.readLog = () => {
      asked += 1;
      if (asked > 1_000) store.readLog = readLog; // a tail that spins would never let go
      return Promise.reject(new Fault('log.unavailable', 'backoff', 'away'));
    };
    signal.notify(10);
    await clock.advance(5_000);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(20);
    abort.abort();
    await first;
  });

  it('ends at once when it is told to before it starts', async () => {
    const { tail } = setUp();
    const batches = tail.follow(0, { abort: AbortSignal.abort() });
    expect((await batches.next()).done).toBe(true);
  });
});
