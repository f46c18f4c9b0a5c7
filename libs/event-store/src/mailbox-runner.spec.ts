import { describe, expect, it } from 'vitest';
import { type Origin, planHash, type StreamName, streamName, tenantIdSchema } from '#libs/events';
import { accept, Fault } from '#libs/kernel';
import {
  appendOf,
  cancelled,
  freshRun,
  freshUuid,
  leaderChanged,
  origin,
} from './event-store.contract.ts';
import { MailboxDeciderRunner } from './mailbox-runner.ts';
import { MemoryEventStore } from './memory-event-store.ts';
import {
  appenderFor,
  clock,
  incarnation,
  type NoteCommand,
  type NoteEvent,
  noteDecider,
  smallPlan,
} from './note-decider.contract.ts';
import { PlanCache } from './plan-cache.ts';
import { type PreparedAppend, prepareAppend, type StagedBatch } from './prepare-append.ts';
import type { StreamDecider } from './runner.ts';

/** Counts what is sent; `before` runs ahead of each batch, as another process would. */
class WatchedStore extends MemoryEventStore {
  readonly sizes: number[] = [];
  before: () => Promise<unknown> = async () => {};

  override stage(batch: readonly PreparedAppend[]): StagedBatch {
    const send = super.stage(batch);
    return async () => {
      await this.before();
      this.sizes.push(batch.length);
      return await send();
    };
  }

  /** As another process does. */
  async foreign(stream: StreamName, reason: string): Promise<void> {
    const version = (await this.readStream(stream)).length;
    const append = appendOf(stream, version, { events: [cancelled(reason)] });
    await super.stage([prepareAppend(append)])();
  }
}

function setUp() {
  const store = new WatchedStore(clock, { incarnation });
  const { appender } = appenderFor(store);
  const plans = new PlanCache(store);
  const runner = new MailboxDeciderRunner({ store, appender, plans, clock });
  const stream = freshRun();
  const send = (command: NoteCommand, by: Partial<Origin> = {}) =>
    runner.run(noteDecider, stream, command, { ...origin, ...by });
  const note = (text: string, by: Partial<Origin> = {}) => send({ kind: 'note', text }, by);
  const texts = async () =>
    (await runner.load(noteDecider, stream)).state.notes.map(({ text }) => text);
  return { store, appender, runner, stream, send, note, texts };
}

describe('MailboxDeciderRunner', () => {
  it('decides, appends and answers with what was appended', async () => {
    const { store, stream, note } = setUp();
    const answer = await note('1');
    expect(answer).toMatchObject({ ok: true, position: 1, version: 1, stream, isRepeat: false });
    expect(answer.ok && answer.events).toEqual(await store.readStream(stream));
  });

  it('decides what is queued against one state, in one append, in order', async () => {
    const { store, note, send, texts } = setUp();
    const answers = await Promise.all([
      ...['1', '2', '3'].map((text) => note(text)),
      send({ kind: 'note-once', text: '2' }),
      send({ kind: 'refuse' }),
      note('4'),
    ]);
    expect(store.sizes).toEqual([1]);
    expect(await texts()).toEqual(['1', '2', '3', '4']);
    expect(answers.map((answer) => answer.ok && answer.position)).toEqual([1, 2, 3, 4, false, 4]);
    expect(answers[3]).toMatchObject({ ok: true, events: [], version: 4 });
    expect(answers[4]).toMatchObject({ rejection: { message: 'there are 3 notes' } });
  });

  it('folds the true positions, whatever was provisional', async () => {
    const { store, runner, stream, note } = setUp();
    await store.foreign(freshRun(), 'elsewhere');
    await Promise.all(['1', '2'].map((text) => note(text)));
    const { state, version, position } = await runner.load(noteDecider, stream);
    expect(state.notes.map((one) => one.position)).toEqual([2, 3]);
    expect([version, position]).toEqual([2, 3]);
  });

  it('keeps appends of different origins apart, in one batch', async () => {
    const { store, stream, note } = setUp();
    await Promise.all([
      note('1', { actor: 'user:admin' }),
      note('2', { actor: 'anonymous' }),
      note('3', { actor: 'anonymous', commandId: freshUuid() }),
      note('4', { actor: 'anonymous' }),
    ]);
    expect(store.sizes).toEqual([4]);
    const actors = (await store.readStream(stream)).map(({ actor }) => actor);
    expect(actors).toEqual(['user:admin', 'anonymous', 'anonymous', 'anonymous']);
  });

  it('decides again when somebody else was faster', async () => {
    const { store, stream, note, send, texts } = setUp();
    await note('1');
    store.before = async () => {
      store.before = async () => {};
      await store.foreign(stream, 'foreign');
    };
    const answers = await Promise.all([
      note('2'),
      send({ kind: 'note-once', text: 'foreign' }),
      note('3', { commandId: freshUuid() }),
      send({ kind: 'refuse' }),
    ]);
    expect(await texts()).toEqual(['1', 'foreign', '2', '3']);
    expect(answers[1]).toMatchObject({ ok: true, events: [] });
    expect(answers[3]).toMatchObject({ rejection: { message: 'there are 4 notes' } });
  });

  it('gives up after five conflicts', async () => {
    const { store, stream, note } = setUp();
    let count = 0;
    store.before = () => {
      count += 1;
      return store.foreign(stream, `foreign ${count}`);
    };
    expect(await note('1')).toMatchObject({ ok: false, rejection: { code: 'log.conflict' } });
    expect(count).toBe(6);
  });

  it('looks at the log before it says no, or that there is nothing to do', async () => {
    const { store, stream, note, send } = setUp();
    await note('1');
    await store.foreign(stream, 'foreign');
    expect(await send({ kind: 'refuse' })).toMatchObject({
      rejection: { message: 'there are 2 notes' },
    });
    await store.foreign(stream, 'again');
    expect(await send({ kind: 'note-once', text: 'again' })).toMatchObject({
      ok: true,
      position: 3,
      version: 3,
      events: [],
    });
  });

  it('answers a repeated command with its first answer, wherever that stands', async () => {
    const { store, runner, stream, note } = setUp();
    const commandId = freshUuid();
    const first = await note('1', { commandId });
    const second = await note('changed its mind', { commandId });
    expect(second).toEqual({ ...first, isRepeat: true });
    const elsewhere = await runner.run(
      noteDecider,
      freshRun(),
      { kind: 'note', text: '1' },
      { ...origin, commandId },
    );
    expect(elsewhere).toEqual({ ...first, isRepeat: true });
    expect(await store.readStream(stream)).toHaveLength(1);
  });

  it('answers a repeat that would be refused or change nothing by now', async () => {
    const { send } = setUp();
    const commandId = freshUuid();
    const first = await send({ kind: 'note-once', text: '1' }, { commandId });
    const repeat = { ...first, isRepeat: true };
    expect(await send({ kind: 'note-once', text: '1' }, { commandId })).toEqual(repeat);
    expect(await send({ kind: 'refuse' }, { commandId })).toEqual(repeat);
  });

  it('decides again what stood behind a repeated command', async () => {
    const { note, texts } = setUp();
    const commandId = freshUuid();
    await note('1', { commandId });
    const answers = await Promise.all([note('2'), note('1', { commandId }), note('3'), note('4')]);
    expect(answers.map((answer) => answer.ok && answer.isRepeat)).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(await texts()).toEqual(['1', '2', '3', '4']);
  });

  it('refuses a stale epoch', async () => {
    const { store, runner, stream } = setUp();
    await store.append([
      appendOf(streamName('scheduler', 0), 0, { events: [leaderChanged(0, 4)] }),
    ]);
    const lead = (epoch: number) =>
      runner.run(noteDecider, stream, { kind: 'note', text: '1' }, origin, {
        guard: { shard: 0, epoch },
      });
    expect(await lead(3)).toMatchObject({ rejection: { code: 'scheduler.stale-epoch' } });
    expect((await lead(4)).ok).toBe(true);
  });

  it('does not let a command that crashes or cannot be stored take its neighbours along', async () => {
    const { note, send, texts } = setUp();
    const answers = await Promise.allSettled([
      note('1'),
      send({ kind: 'crash' }),
      note('\u0000'),
      note('2'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await texts()).toEqual(['1', '2']);
  });

  it('passes on that the log is away, and works when it is back', async () => {
    const { store, note, texts } = setUp();
    store.before = async () => {
      store.before = async () => {};
      throw new Fault('log.unavailable', 'never', 'away');
    };
    await expect(note('1')).rejects.toMatchObject({ code: 'log.unavailable' });
    await note('2');
    expect(await texts()).toEqual(['2']);
  });

  it('keeps streams and deciders apart', async () => {
    const { runner, stream, note } = setUp();
    await note('1');
    const loud: StreamDecider<string, string, NoteEvent> = {
      initialState: '',
      decide: (text) =>
        accept({
          type: 'run.cancel-requested',
          data: { by: 'user:admin', reason: text, force: true },
        }),
      evolve: (state, event) => `${state}${event.data.reason}!`,
    };
    const answers = await Promise.all([
      note('2'),
      runner.run(loud, stream, '3', origin),
      note('4'),
      runner.run(noteDecider, freshRun(), { kind: 'note', text: 'other' }, origin),
    ]);
    expect(answers.map((answer) => answer.ok && answer.version)).toEqual([2, 3, 4, 1]);
    expect((await runner.load(loud, stream)).state).toBe('1!2!3!4!');
  });

  it('has the plans ready that events name', async () => {
    const { store, appender, stream } = setUp();
    const plan = smallPlan('wanted');
    const hash = planHash(plan);
    const planned: StreamDecider<string, NoteCommand, NoteEvent> = {
      initialState: '',
      decide: () =>
        accept({
          type: 'run.cancel-requested',
          data: { by: 'user:admin', reason: hash, force: true },
        }),
      evolve: (_, event, __, lookup) => lookup(event.data.reason ?? '').name,
      planHash: (event) => event.data.reason,
    };
    const runnerOf = () =>
      new MailboxDeciderRunner({ store, appender, plans: new PlanCache(store), clock });
    const command = { kind: 'note', text: '' } as const;
    const answer = await runnerOf().run(planned, stream, command, origin, {
      plans: [{ hash, plan }],
    });
    expect(answer.ok).toBe(true);
    expect((await runnerOf().load(planned, stream)).state).toBe('wanted');
  });
});

describe('whose stream it is', () => {
  const acme = tenantIdSchema.parse('acme');
  const { tenant: _, ...serverOrigin } = origin;

  it('what the server itself adds carries the tenant of the stream', async () => {
    const { store, runner, stream, note } = setUp();
    await note('1', { tenant: acme });
    await runner.run(noteDecider, stream, { kind: 'note', text: '2' }, serverOrigin);
    const events = await store.readStream(stream);
    expect(events.map(({ tenant }) => tenant)).toEqual([acme, acme]);
    expect(await runner.load(noteDecider, stream)).toMatchObject({ tenant: acme });
  });

  it('a command of another tenant is a bug of its sender, and takes none with it', async () => {
    const { store, stream, note } = setUp();
    await note('1', { tenant: acme });
    const own = note('2', { tenant: acme });
    await expect(note('3')).rejects.toThrow('belongs to another tenant');
    await own;
    expect(await store.readStream(stream)).toHaveLength(2);
  });

  it('a stream that does not exist has no tenant to add under', async () => {
    const { runner, stream } = setUp();
    const sent = runner.run(noteDecider, stream, { kind: 'note', text: '1' }, serverOrigin);
    await expect(sent).rejects.toThrow('does not exist');
    expect(await runner.load(noteDecider, stream)).toMatchObject({ tenant: undefined });
  });
});
