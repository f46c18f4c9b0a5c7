import { describe, expect, it } from 'vitest';
import { type RecordedEvent, streamName } from '#libs/events';
import { Fault } from '#libs/kernel';
import {
  appendOf,
  cancelled,
  freshRun,
  freshUuid,
  leaderChanged,
  origin,
} from './event-store.contract.ts';
import { MemoryEventStore } from './memory-event-store.ts';
import { appenderFor, clock, incarnation, memoryStore } from './note-decider.contract.ts';
import { type PreparedAppend, prepareAppend, type StagedBatch } from './prepare-append.ts';

type Mishap = 'fault-before' | 'fault-after' | 'bug';

/** A store that fails as it is told, and can be held back. */
class FlakyStore extends MemoryEventStore {
  readonly mishaps: Mishap[] = [];
  readonly batches: number[] = [];
  onFault: () => Promise<unknown> = async () => {};
  gate: Promise<void> = Promise.resolve();

  constructor() {
    super(clock, { incarnation });
  }

  override stage(batch: readonly PreparedAppend[]): StagedBatch {
    const send = super.stage(batch);
    return async () => {
      this.batches.push(batch.length);
      await this.gate;
      const mishap = this.mishaps.shift();
      if (mishap === undefined) return await send();
      if (mishap === 'bug') throw new TypeError('the statement is wrong');
      if (mishap === 'fault-after') await send();
      await this.onFault();
      throw new Fault('log.unavailable', 'backoff', 'the connection broke');
    };
  }
}

describe('Appender', () => {
  it('answers with the events as they are read back', async () => {
    const store = memoryStore();
    const { appender } = appenderFor(store);
    const stream = freshRun();
    const answer = await appender.append(appendOf(stream, 0, { events: [cancelled('1')] }));
    expect(answer).toMatchObject({ kind: 'appended', firstPosition: 1, version: 1 });
    expect(answer.kind === 'appended' && answer.events).toEqual(await store.readStream(stream));
    expect(appender.depth).toBe(0);
  });

  it('sends what arrives during a batch with the next one', async () => {
    const store = new FlakyStore();
    const { appender } = appenderFor(store);
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const appends = [appender.append(appendOf(freshRun(), 0))];
    while (store.batches.length === 0) await Promise.resolve();
    for (let count = 0; count < 10; count += 1) {
      appends.push(appender.append(appendOf(freshRun(), 0)));
    }
    gate.resolve();
    await Promise.all(appends);
    expect(store.batches).toEqual([1, 10]);
  });

  it('keeps batches within their limits, and never splits what was handed in together', async () => {
    const store = new FlakyStore();
    const { appender } = appenderFor(store, { batchEventsMax: 4 });
    const group = () => appender.appendAll([1, 2, 3].map(() => appendOf(freshRun(), 0)));
    const large = appendOf(freshRun(), 0, { events: '1234567'.split('').map(cancelled) });
    await Promise.all([
      group(),
      group(),
      appender.append(large),
      appender.append(appendOf(freshRun(), 0)),
    ]);
    expect(store.batches).toEqual([3, 3, 1, 1]);

    const { appender: narrow } = appenderFor(store, { batchBytesMax: 60 });
    store.batches.length = 0;
    await Promise.all([1, 2, 3].map(() => narrow.append(appendOf(freshRun(), 0))));
    expect(store.batches).toEqual([1, 1, 1]);
  });

  it('refuses what the queue has no room for', async () => {
    const store = new FlakyStore();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const { appender } = appenderFor(store, { queueEventsMax: 2 });
    const first = appender.append(appendOf(freshRun(), 0));
    const second = appender.append(appendOf(freshRun(), 0));
    await expect(appender.append(appendOf(freshRun(), 0))).rejects.toMatchObject({
      code: 'server.overloaded',
    });
    gate.resolve();
    await Promise.all([first, second]);
    expect((await appender.append(appendOf(freshRun(), 0))).kind).toBe('appended');
  });

  it('refuses what the queue has no room for in bytes', async () => {
    const store = new FlakyStore();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const { appender } = appenderFor(store, { queueBytesMax: 100 });
    const first = appender.append(appendOf(freshRun(), 0));
    const large = appendOf(freshRun(), 0, { events: [cancelled('x'.repeat(200))] });
    await expect(appender.append(large)).rejects.toMatchObject({ code: 'server.overloaded' });
    gate.resolve();
    await first;
    expect((await appender.append(large)).kind).toBe('appended');
  });

  it('announces events once, in order, before the appends are answered', async () => {
    const { appender, signal } = appenderFor(memoryStore());
    const heard: number[] = [];
    appender.onAppended((events) => heard.push(...events.map(({ position }) => position)));
    const woken = signal.waitFor(2, 60_000);
    await Promise.all(
      [1, 2, 3].map(async () => {
        const answer = await appender.append(appendOf(freshRun(), 0));
        expect(answer.kind === 'appended' && heard.includes(answer.lastPosition)).toBe(true);
      }),
    );
    await woken;
    expect(heard).toEqual([1, 2, 3]);
  });

  it('refuses a bad append alone', async () => {
    const { appender } = appenderFor(memoryStore());
    const good = appender.append(appendOf(freshRun(), 0));
    const bad = appender.append(appendOf(freshRun(), 0, { events: [cancelled('\u0000')] }));
    await expect(bad).rejects.toMatchObject({ code: 'event.invalid-text' });
    expect((await good).kind).toBe('appended');
  });

  it('does not let an append that the store chokes on take others along', async () => {
    const store = new FlakyStore();
    store.mishaps.push('bug', 'bug');
    const { appender } = appenderFor(store);
    const [bad, good] = [
      appender.append(appendOf(freshRun(), 0)),
      appender.append(appendOf(freshRun(), 0)),
    ];
    await expect(bad).rejects.toThrow(TypeError);
    expect((await good).kind).toBe('appended');
  });

  it('finishes what waits when it closes, and takes nothing more', async () => {
    const { appender } = appenderFor(memoryStore());
    const last = appender.append(appendOf(freshRun(), 0));
    await appender.close();
    expect((await last).kind).toBe('appended');
    await expect(appender.append(appendOf(freshRun(), 0))).rejects.toMatchObject({
      code: 'server.draining',
    });
  });
});

describe('Appender, when the outcome of a batch is not known', () => {
  it('sends again what was not stored', async () => {
    const store = new FlakyStore();
    store.mishaps.push('fault-before', 'fault-before');
    const { appender } = appenderFor(store);
    expect((await appender.append(appendOf(freshRun(), 0))).kind).toBe('appended');
    expect((await store.head()).position).toBe(1);
  });

  it.each([undefined, freshUuid()])(
    'knows its own events again (command %s)',
    async (commandId) => {
      const store = new FlakyStore();
      store.mishaps.push('fault-after', 'fault-before');
      const { appender } = appenderFor(store);
      const heard: RecordedEvent[] = [];
      appender.onAppended((events) => heard.push(...events));
      const stream = freshRun();
      const events = [cancelled('1'), cancelled('2')];
      const answers = await appender.appendAll([
        appendOf(stream, 0, { events, origin: { ...origin, commandId } }),
        appendOf(stream, 2),
      ]);
      expect(answers).toMatchObject([
        { kind: 'appended', firstPosition: 1, lastPosition: 2, version: 2 },
        { kind: 'appended', firstPosition: 3, lastPosition: 3, version: 3 },
      ]);
      expect((await store.head()).position).toBe(3);
      expect(heard).toEqual(await store.readLog({ after: 0 }));
    },
  );

  it('does not take somebody else’s events for its own', async () => {
    const store = new FlakyStore();
    const stream = freshRun();
    store.onFault = () =>
      MemoryEventStore.prototype.stage.call(store, [
        prepareAppend(appendOf(stream, 0, { origin: { ...origin, actor: 'anonymous' } })),
      ])();
    store.mishaps.push('fault-before');
    const { appender } = appenderFor(store);
    const answers = await appender.appendAll([appendOf(stream, 0), appendOf(stream, 1)]);
    expect(answers).toMatchObject([
      { kind: 'conflict', actualVersion: 1 },
      { kind: 'conflict', actualVersion: 1 },
    ]);
  });

  it('finds what was stored though the epoch was raised since, and sends nothing then', async () => {
    const store = new FlakyStore();
    const guard = { shard: 0, epoch: 1 };
    const raise = (epoch: number) =>
      MemoryEventStore.prototype.stage.call(store, [
        prepareAppend(
          appendOf(streamName('scheduler', 0), epoch - 1, { events: [leaderChanged(0, epoch)] }),
        ),
      ])();
    await raise(1);
    store.mishaps.push('fault-after');
    store.onFault = () => raise(2);
    const { appender } = appenderFor(store);
    const answer = await appender.append({ ...appendOf(freshRun(), 0), guard });
    expect(answer).toMatchObject({ kind: 'appended', firstPosition: 2 });
    expect(store.batches).toEqual([1]);
  });

  it('sends only what is not there', async () => {
    const store = new FlakyStore();
    const taken = freshRun();
    await store.append([appendOf(taken, 0)]);
    store.batches.length = 0;
    store.mishaps.push('fault-after');
    const { appender } = appenderFor(store);
    const appends = [appendOf(freshRun(), 0), appendOf(taken, 0), appendOf(freshRun(), 0)];
    const answers = await Promise.all(appends.map((append) => appender.append(append)));
    expect(answers.map(({ kind }) => kind)).toEqual(['appended', 'conflict', 'appended']);
    expect(store.batches).toEqual([3, 1]);
  });

  it('tells its own events from the very same facts of another', async () => {
    const store = new FlakyStore();
    const stream = freshRun();
    store.onFault = async () => {
      const { appender } = appenderFor(store);
      expect((await appender.append(appendOf(stream, 0))).kind).toBe('appended');
    };
    store.mishaps.push('fault-before');
    const { appender } = appenderFor(store);
    expect(await appender.append(appendOf(stream, 0))).toMatchObject({ kind: 'conflict' });
  });

  it('knows a first try that arrives behind the look-up', async () => {
    const store = new FlakyStore();
    const stream = freshRun();
    let late: StagedBatch = async () => [];
    const stage = store.stage.bind(store);
    let tries = 0;
    store.stage = (batch) => {
      const send = stage(batch);
      tries += 1;
      if (tries === 1) late = MemoryEventStore.prototype.stage.call(store, batch);
      return tries === 1
        ? send
        : async () => {
            await late();
            return await send();
          };
    };
    store.mishaps.push('fault-before');
    const { appender } = appenderFor(store);
    expect(await appender.append(appendOf(stream, 0))).toMatchObject({
      kind: 'appended',
      firstPosition: 1,
    });
    expect((await store.head()).position).toBe(1);
  });

  it('gives up what waits behind a batch that has no answer, without sending it', async () => {
    const store = new FlakyStore();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    store.mishaps.push('fault-before');
    const { appender } = appenderFor(store, { retryForMs: 0 });
    const first = appender.append(appendOf(freshRun(), 0));
    while (store.batches.length === 0) await Promise.resolve();
    const second = appender.append(appendOf(freshRun(), 0));
    gate.resolve();
    await expect(first).rejects.toMatchObject({ code: 'log.unavailable' });
    await expect(second).rejects.toMatchObject({ code: 'log.unavailable' });
    expect([store.batches, appender.depth]).toEqual([[1], 0]);
  });

  it('gives the fault to the caller when the time is over', async () => {
    const store = new FlakyStore();
    store.mishaps.push('fault-before');
    const { appender } = appenderFor(store, { retryForMs: 0 });
    await expect(appender.append(appendOf(freshRun(), 0))).rejects.toMatchObject({
      code: 'log.unavailable',
    });
    expect((await appender.append(appendOf(freshRun(), 0))).kind).toBe('appended');
  });
});
