import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DomainEvent,
  defaultTenant,
  type Origin,
  type Plan,
  planHash,
  type RecordedEvent,
  type StreamName,
  streamName,
  type TenantId,
} from '#libs/events';
import { uuidv7 } from '#libs/kernel';
import type { Append, AppendResult, EventStore } from './event-store.ts';
import { smallPlan } from './note-decider.contract.ts';

/** A store on an empty log; `passTime` makes command ids older than their lifetime of an hour. */
export interface StoreUnderTest {
  readonly store: EventStore;
  passTime(): Promise<void>;
  end(): Promise<void>;
}

export const contractLifetimeMs = 3_600_000;

let nextUuid = 0;
/** Fresh in each call. */
export function freshUuid(): string {
  nextUuid += 1;
  const random = new Uint8Array(10);
  new DataView(random.buffer).setUint32(6, nextUuid);
  return uuidv7(1_760_000_000_000, random);
}

export const origin: Origin = { tenant: defaultTenant, actor: 'system' };
export const freshRun = (): StreamName => streamName('run', freshUuid());
export const cancelled = (reason: string): DomainEvent => ({
  type: 'run.cancel-requested',
  data: { by: 'user:admin', reason, force: false },
});
export const leaderChanged = (shard: number, epoch: number): DomainEvent => ({
  type: 'scheduler.leader-changed',
  data: { shard, epoch, holder: 'one' },
});
export const appendOf = (
  stream: StreamName,
  expectedVersion: number,
  rest: Partial<Append> = {},
): Append => ({ stream, expectedVersion, events: [cancelled('enough')], origin, ...rest });

const plan: Plan = { ...smallPlan('build'), vars: { Z: 'ü', A: '1' } };

/** What every event store holds to. */
export function eventStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as an event store`, () => {
    let under: StoreUnderTest;
    let store: EventStore;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(() => under.end());

    const one = async (append: Append): Promise<AppendResult> => {
      const [result] = await store.append([append]);
      if (result === undefined) throw new Error('no result');
      return result;
    };

    it('starts empty, with an identity', async () => {
      const head = await store.head();
      expect(head.position).toBe(0);
      expect(head.incarnation).toMatch(/^[0-9a-f-]{36}$/);
      expect(await store.readLog({ after: 0 })).toEqual([]);
      expect(await store.readStream(freshRun())).toEqual([]);
      expect(await store.append([])).toEqual([]);
    });

    it('gives back what was appended, with its place and its origin', async () => {
      const stream = freshRun();
      const full: Origin = {
        tenant: 'tenant "ü" {,}\\' as TenantId,
        actor: 'user:admin',
        correlationId: freshUuid(),
        causationId: '0-12',
        commandId: freshUuid(),
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      };
      const events = [cancelled('äöü 🚀 "quoted" \\ back\nline'), cancelled('')];
      const result = await one(appendOf(stream, 0, { events, origin: full }));
      expect(result).toEqual({
        kind: 'appended',
        firstPosition: 1,
        lastPosition: 2,
        version: 2,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      const time = result.kind === 'appended' ? result.time : '';
      const recorded = events.map((event, index) => ({
        ...event,
        position: index + 1,
        id: `0-${index + 1}`,
        schemaVersion: 2,
        stream,
        version: index + 1,
        time,
        ...full,
      }));
      expect(await store.readStream(stream)).toEqual(recorded);
      expect(await store.readLog({ after: 0 })).toEqual(recorded);
      expect((await store.head()).position).toBe(2);
    });

    it('answers null for what an origin leaves out', async () => {
      const stream = freshRun();
      await one(appendOf(stream, 0));
      const [event] = await store.readStream(stream);
      expect(event).toMatchObject({
        correlationId: null,
        causationId: null,
        commandId: null,
        traceparent: null,
      });
    });

    it('keeps names of streams whose id is no uuid', async () => {
      for (const stream of [streamName('scheduler', 0), streamName('config', 'quotas')]) {
        await one(appendOf(stream, 0));
        const [event] = await store.readStream(stream);
        expect(event?.stream).toBe(stream);
      }
      expect((await store.readLog({ after: 0 })).map(({ stream }) => stream)).toEqual([
        'scheduler-0',
        'config-quotas',
      ]);
    });

    it('keeps streams of one id and two kinds apart', async () => {
      const id = freshUuid();
      await one(appendOf(streamName('run', id), 0));
      expect((await one(appendOf(streamName('deployment', id), 0))).kind).toBe('appended');
      expect(await store.readStream(streamName('run', id))).toHaveLength(1);
    });

    it('answers a conflict with the actual version, and the rest of the batch is stored', async () => {
      const [stale, fresh, other] = [freshRun(), freshRun(), freshRun()];
      await one(appendOf(stale, 0));
      const results = await store.append([
        appendOf(fresh, 0),
        appendOf(stale, 0),
        appendOf(stale, 5),
        appendOf(other, 3),
        appendOf(freshRun(), 0),
      ]);
      expect(results.map(({ kind }) => kind)).toEqual([
        'appended',
        'conflict',
        'conflict',
        'conflict',
        'appended',
      ]);
      expect(results[1]).toEqual({ kind: 'conflict', actualVersion: 1 });
      expect(results[3]).toEqual({ kind: 'conflict', actualVersion: 0 });
      expect((await store.head()).position).toBe(3);
    });

    it('applies appends to one stream in one batch in order', async () => {
      const [stream, other] = [freshRun(), freshRun()];
      const results = await store.append([
        appendOf(stream, 0, { events: [cancelled('1'), cancelled('2')] }),
        appendOf(other, 0),
        appendOf(stream, 2, { events: [cancelled('3')] }),
        appendOf(stream, 2, { events: [cancelled('no')] }),
      ]);
      expect(results.map(({ kind }) => kind)).toEqual([
        'appended',
        'appended',
        'appended',
        'conflict',
      ]);
      const events = await store.readStream(stream);
      expect(reasons(events)).toEqual(['1', '2', '3']);
      expect(events.map(({ version }) => version)).toEqual([1, 2, 3]);
      expect(events.map(({ position }) => position)).toEqual([1, 2, 4]);
    });

    it('stores nothing that was decided on events which were not stored', async () => {
      const stream = freshRun();
      await one(appendOf(stream, 0));
      // The first is decided on version 0 and loses; by chance the second expects the version that is there.
      const results = await store.append([appendOf(stream, 0), appendOf(stream, 1)]);
      expect(results.map(({ kind }) => kind)).toEqual(['conflict', 'conflict']);
      expect(await store.readStream(stream)).toHaveLength(1);
    });

    it('answers a repeated command with the place of its first answer', async () => {
      const [stream, commandId] = [freshRun(), freshUuid()];
      const byCommand = { origin: { ...origin, commandId } };
      await one(appendOf(freshRun(), 0));
      const events = [cancelled('1'), cancelled('2')];
      await one(appendOf(stream, 0, { ...byCommand, events }));
      const answer = { kind: 'duplicate', stream, firstPosition: 2, lastPosition: 3 };
      expect(await one(appendOf(stream, 0, byCommand))).toEqual(answer);
      expect(await one(appendOf(freshRun(), 0, byCommand))).toEqual(answer);
      expect((await store.head()).position).toBe(3);
    });

    it('finds a command repeated within one batch', async () => {
      const [stream, commandId] = [streamName('config', 'a'), freshUuid()];
      const byCommand = { origin: { ...origin, commandId } };
      const results = await store.append([
        appendOf(stream, 0, byCommand),
        appendOf(freshRun(), 0, byCommand),
      ]);
      expect(results[1]).toEqual({ kind: 'duplicate', stream, firstPosition: 1, lastPosition: 1 });
    });

    it('does not remember a command that met a conflict', async () => {
      const byCommand = { origin: { ...origin, commandId: freshUuid() } };
      expect((await one(appendOf(freshRun(), 7, byCommand))).kind).toBe('conflict');
      expect((await one(appendOf(freshRun(), 0, byCommand))).kind).toBe('appended');
    });

    it('forgets a command after its lifetime', async () => {
      const byCommand = { origin: { ...origin, commandId: freshUuid() } };
      await one(appendOf(freshRun(), 0, byCommand));
      await under.passTime();
      const second = freshRun();
      expect((await one(appendOf(second, 0, byCommand))).kind).toBe('appended');
      expect(await one(appendOf(freshRun(), 0, byCommand))).toMatchObject({ stream: second });
    });

    it('refuses epochs older than the newest leader', async () => {
      const scheduler = streamName('scheduler', 0);
      const guarded = (epoch: number) => appendOf(freshRun(), 0, { guard: { shard: 0, epoch } });
      expect((await one(guarded(1))).kind).toBe('appended');
      await one(appendOf(scheduler, 0, { events: [leaderChanged(0, 3)] }));
      const results = await store.append([
        guarded(2),
        guarded(3),
        guarded(4),
        appendOf(freshRun(), 0),
      ]);
      expect(results.map(({ kind }) => kind)).toEqual([
        'stale-epoch',
        'appended',
        'appended',
        'appended',
      ]);
      expect(results[0]).toEqual({ kind: 'stale-epoch', epoch: 3 });
      const otherShard = appendOf(freshRun(), 0, { guard: { shard: 1, epoch: 1 } });
      expect((await one(otherShard)).kind).toBe('appended');
    });

    it('takes a leader only with a higher epoch, and guards what follows in the same batch', async () => {
      const scheduler = streamName('scheduler', 0);
      const lead = (version: number, epoch: number) =>
        appendOf(scheduler, version, { events: [leaderChanged(0, epoch)] });
      expect((await one(lead(0, 2))).kind).toBe('appended');
      expect(await one(lead(1, 2))).toEqual({ kind: 'stale-epoch', epoch: 2 });
      expect(await one(lead(1, 1))).toEqual({ kind: 'stale-epoch', epoch: 2 });
      const results = await store.append([
        lead(1, 5),
        appendOf(freshRun(), 0, { guard: { shard: 0, epoch: 2 } }),
        appendOf(freshRun(), 0, { guard: { shard: 0, epoch: 5 } }),
      ]);
      expect(results.map(({ kind }) => kind)).toEqual(['appended', 'stale-epoch', 'appended']);
    });

    it('does not raise the epoch for a leader that met a conflict', async () => {
      const events = [leaderChanged(0, 9)];
      expect((await one(appendOf(streamName('scheduler', 0), 4, { events }))).kind).toBe(
        'conflict',
      );
      const guarded = appendOf(freshRun(), 0, { guard: { shard: 0, epoch: 1 } });
      expect((await one(guarded)).kind).toBe('appended');
    });

    it('stores plans with the append that names them, once', async () => {
      const hash = planHash(plan);
      const plans = [{ hash, plan }];
      const unknown = 'f'.repeat(64);
      await one(appendOf(freshRun(), 9, { plans }));
      expect(await store.readPlans([hash])).toEqual(new Map());
      await store.append([appendOf(freshRun(), 0, { plans }), appendOf(freshRun(), 0, { plans })]);
      await store.append([appendOf(freshRun(), 0, { plans }), appendOf(freshRun(), 8)]);
      expect(await store.readPlans([unknown, hash])).toEqual(new Map([[hash, plan]]));
      expect(await store.readPlans([])).toEqual(new Map());
    });

    it('reads a stream from a version and the log from a position, up to a limit', async () => {
      const stream = freshRun();
      const events = ['1', '2', '3', '4'].map(cancelled);
      await store.append([appendOf(freshRun(), 0), appendOf(stream, 0, { events })]);
      expect(reasons(await store.readStream(stream, { afterVersion: 2 }))).toEqual(['3', '4']);
      expect(reasons(await store.readStream(stream, { afterVersion: 1, limit: 2 }))).toEqual([
        '2',
        '3',
      ]);
      expect(await store.readStream(stream, { afterVersion: 4 })).toEqual([]);
      const positions = async (after: number, limit: number) =>
        (await store.readLog({ after, limit })).map(({ position }) => position);
      expect(await positions(0, 2)).toEqual([1, 2]);
      expect(await positions(2, 10)).toEqual([3, 4, 5]);
      expect(await positions(5, 10)).toEqual([]);
    });

    it('scans for types, looks at no more positions than it may, and says how far it came', async () => {
      await store.append([
        appendOf(freshRun(), 0, { events: [cancelled('1'), cancelled('2')] }),
        appendOf(streamName('scheduler', 0), 0, { events: [leaderChanged(0, 1)] }),
        appendOf(freshRun(), 0, { events: [cancelled('4'), cancelled('5')] }),
      ]);
      const scan = async (after: number, limit: number, span: number, type: string) => {
        const { events, ...rest } = await store.scanLog({ after, limit, span, types: [type] });
        return { found: events.map(({ position }) => position), ...rest };
      };
      const rare = 'scheduler.leader-changed';
      expect(await scan(0, 9, 2, rare)).toEqual({ found: [], through: 2, hasMore: true });
      expect(await scan(2, 9, 2, rare)).toEqual({ found: [3], through: 4, hasMore: true });
      expect(await scan(4, 9, 2, rare)).toEqual({ found: [], through: 5, hasMore: false });
      expect(await scan(0, 1, 9, rare)).toEqual({ found: [3], through: 3, hasMore: true });
      expect(await scan(8, 1, 9, rare)).toEqual({ found: [], through: 8, hasMore: false });
      const usual = 'run.cancel-requested';
      expect(await scan(0, 3, 9, usual)).toEqual({ found: [1, 2, 4], through: 4, hasMore: true });
      expect(await scan(0, 4, 9, usual)).toEqual({
        found: [1, 2, 4, 5],
        through: 5,
        hasMore: false,
      });
    });

    it('never lets time go back', async () => {
      for (let count = 0; count < 5; count += 1) await one(appendOf(freshRun(), 0));
      const times = (await store.readLog({ after: 0 })).map(({ time }) => time);
      expect(times.toSorted()).toEqual(times);
    });

    it('refuses text that cannot be stored and events that are too large, and stores nothing', async () => {
      const bad = (reason: string) =>
        store.append([
          appendOf(freshRun(), 0),
          appendOf(freshRun(), 0, { events: [cancelled(reason)] }),
        ]);
      await expect(bad('a\u0000b')).rejects.toMatchObject({ code: 'event.invalid-text' });
      await expect(bad('a\ud800b')).rejects.toMatchObject({ code: 'event.invalid-text' });
      const nul = appendOf(freshRun(), 0, { origin: { ...origin, actor: 'user:\u0000' } });
      await expect(one(nul)).rejects.toMatchObject({ code: 'event.invalid-text' });
      const long = appendOf(freshRun(), 0, { origin: { ...origin, actor: 'system'.repeat(257) } });
      await expect(one(long)).rejects.toMatchObject({ code: 'event.too-large' });
      expect((await store.head()).position).toBe(0);
    });

    it('keeps text that only looks dangerous', async () => {
      const stream = freshRun();
      const text = 'back\\u0000slash \\\\ud800 \u2028 {"a":1} \u0001';
      await one(appendOf(stream, 0, { events: [cancelled(text)] }));
      expect(reasons(await store.readStream(stream))).toEqual([text]);
    });

    it('says that it cannot be reached once it is closed', async () => {
      await store.close();
      await store.close();
      await expect(store.head()).rejects.toMatchObject({ code: 'log.unavailable' });
      await expect(one(appendOf(freshRun(), 0))).rejects.toMatchObject({ code: 'log.unavailable' });
    });
  });
}

function reasons(events: readonly RecordedEvent[]): readonly (string | undefined)[] {
  return events.map((event) =>
    event.type === 'run.cancel-requested' ? event.data.reason : event.type,
  );
}
