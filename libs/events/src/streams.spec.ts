import { describe, expect, it } from 'vitest';
import { BugError, isUuid } from '#libs/kernel';
import { parseStreamName, streamId, streamKinds, streamName, streamUuid } from './streams.ts';

const id = '01900000-0000-7000-8000-000000000001';

it.each([
  ['run', id],
  ['scheduler', '0'],
  ['config', 'two-words'],
] as const)('%s-%s is taken apart where it was put together', (kind, name) =>
  expect(parseStreamName(streamName(kind, name))).toEqual({ kind, id: name }),
);

it('a known kind leaves the id, and refuses a stream of another kind', () => {
  expect(streamId('run', `run-${id}`)).toBe(id);
  expect(streamId('config', 'config-two-words')).toBe('two-words');
  for (const name of [`executor-${id}`, 'run', 'runs-1', ''])
    expect(() => streamId('run', name)).toThrow(BugError);
});

it.each(['', 'run', '-x', 'nosuch-1', 'toString-1', '__proto__-1'])('%j names no stream', (name) =>
  expect(() => parseStreamName(name)).toThrow(BugError),
);

describe('in the log a stream stands under', () => {
  it('its own id where that is a uuid', () => expect(streamUuid(`run-${id}`)).toBe(id));
  it('one made from its name otherwise, another for each kind', () => {
    expect(streamUuid('scheduler-0')).toMatchInlineSnapshot(
      `"dd888659-2a9a-8e57-bfe8-19fe29911eba"`,
    );
    expect(isUuid(streamUuid('scheduler-0'))).toBe(true);
    const uuids = ['scheduler-0', 'scheduler-1', 'config-0'].map((name) => streamUuid(name));
    expect(new Set(uuids).size).toBe(3);
  });
});

it('kinds keep their numbers', () =>
  expect(streamKinds).toEqual({
    pipeline: 1,
    run: 2,
    executor: 3,
    tenant: 4,
    schedule: 5,
    deployment: 6,
    config: 7,
    scheduler: 8,
  }));
