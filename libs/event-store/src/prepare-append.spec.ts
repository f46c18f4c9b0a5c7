import { describe, expect, it } from 'vitest';
import { streamName } from '#libs/events';
import { appendOf, cancelled, freshUuid, leaderChanged, origin } from './event-store.contract.ts';
import { smallPlan } from './note-decider.contract.ts';
import { prepareAppend, storedStream, streamOf } from './prepare-append.ts';

const stream = streamName('run', freshUuid());

describe('prepareAppend', () => {
  it('checks events and counts their bytes', () => {
    const { events, bytes } = prepareAppend(appendOf(stream, 0, { events: [cancelled('ü')] }));
    expect(events[0]?.json).toBe('{"by":"user:admin","reason":"ü","force":false}');
    expect(bytes).toBe(Buffer.byteLength(events[0]?.json ?? ''));
  });

  it('reads the epoch from a guard, or from the leader that it makes', () => {
    const guard = { shard: 2, epoch: 7 };
    expect(prepareAppend(appendOf(stream, 0)).epoch).toBeUndefined();
    expect(prepareAppend(appendOf(stream, 0, { guard })).epoch).toEqual({
      ...guard,
      isRaise: false,
    });
    const events = [cancelled(''), leaderChanged(2, 8)];
    expect(prepareAppend(appendOf(stream, 0, { events, guard })).epoch).toEqual({
      shard: 2,
      epoch: 8,
      isRaise: true,
    });
  });

  it('refuses plans with text that cannot be stored', () => {
    const plans = [{ hash: 'f'.repeat(64), plan: { ...smallPlan('x'), vars: { A: 'a\u0000' } } }];
    expect(() => prepareAppend(appendOf(stream, 0, { plans }))).toThrow('holds NUL');
  });

  it.each([
    ['an append without events', appendOf(stream, 0, { events: [] })],
    ['a negative version', appendOf(stream, -1)],
    [
      'a command id that is no uuid',
      appendOf(stream, 0, { origin: { ...origin, commandId: 'x' } }),
    ],
    [
      'a correlation id that is no uuid',
      appendOf(stream, 0, { origin: { ...origin, correlationId: 'x' } }),
    ],
    ['a stream of an unknown kind', appendOf('nonsense-1' as typeof stream, 0)],
  ])('calls %s a bug', (_, append) => {
    expect(() => prepareAppend(append)).toThrow(expect.objectContaining({ name: 'BugError' }));
  });
});

describe('the columns of a stream’s name', () => {
  it.each([stream, streamName('scheduler', 3), streamName('config', 'a-b')])('%s', (name) => {
    const stored = storedStream(name);
    expect(streamOf(stored.kind, stored.uuid, stored.name)).toBe(name);
  });

  it('hold the name only where the id is no uuid', () => {
    expect(storedStream(stream).name).toBeNull();
    expect(storedStream(streamName('scheduler', 3)).name).toBe('scheduler-3');
    expect(() => streamOf(99, freshUuid(), null)).toThrow('too old');
  });
});
