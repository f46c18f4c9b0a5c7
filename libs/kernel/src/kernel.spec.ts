import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#sha256';
import { canonicalJson } from './canonical-json.ts';
import { describeError, errorCodes, isErrorCode } from './errors.ts';
import { Fault } from './fault.ts';
import { isUuid, uuidFromName, uuidv7 } from './ids.ts';
import { BugError, invariant } from './invariant.ts';
import { retryDelayMs } from './retry-delay.ts';
import { exactDuration, formatDuration, parseDurationMs } from './time.ts';

describe('ids', () => {
  const random = Uint8Array.from({ length: 10 }, (_, at) => 255 - at);
  it('order like their time, and are uuids', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 47), fc.integer({ min: 1, max: 1000 }), (nowMs, laterMs) => {
        const [first, second] = [uuidv7(nowMs, random), uuidv7(nowMs + laterMs, random)];
        expect(isUuid(first) && first[14] === '7' && first < second).toBe(true);
      }),
    );
  });
  it('by name are the same for ever', () => {
    expect(uuidFromName('a', 'b')).toBe(uuidFromName('a', 'b'));
    expect(uuidFromName('a', 'b')).not.toBe(uuidFromName('ab'));
    expect(uuidFromName('pipeline', 'default', 'demo')).toMatchInlineSnapshot(
      `"6f65bf83-4c17-8ae2-a84a-71c75d0105b3"`,
    );
  });
  it.each([
    '',
    'x',
    '01900000-0000-7000-8000-00000000000G',
    '01900000-0000-7000-8000-0000000000010',
    '01900000-0000-7000-8000-000000000001\n',
  ])('%j is none', (text) => expect(isUuid(text)).toBe(false));
});

describe('durations', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000],
    ['0s', 0],
  ])('%s is %i ms', (text, expected) => expect(parseDurationMs(text)).toBe(expected));
  it.each(['', '10', 's', '-1s', '1.5h', '1 h', '1w', '10s '])('%j is none', (text) =>
    expect(parseDurationMs(text)).toBeUndefined(),
  );
  it.each([
    [0, '0ms'],
    [999, '999ms'],
    [4_230, '4.2s'],
    [59_949, '59.9s'],
    [59_990, '1m00s'],
    [65_000, '1m05s'],
    [7_380_000, '2h03m'],
  ])('%i ms reads %s', (ms, expected) => expect(formatDuration(ms)).toBe(expected));

  it.each([
    ['90d', 7_776_000_000],
    ['1m30s', 90_000],
    ['1d1h1m1s1ms', 90_061_001],
    ['0s', 0],
  ])('%s is written as it is read', (text, ms) => {
    expect(exactDuration(ms)).toBe(text);
    expect(parseDurationMs(text)).toBe(ms);
  });
});

describe('retryDelayMs', () => {
  it('stays between half the base and its cap, and grows with the attempts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.nat(10_000),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (attempt, baseMs, random) => {
          const delay = retryDelayMs(attempt, baseMs, random);
          expect(
            Number.isInteger(delay) &&
              delay >= baseMs / 2 &&
              delay <= baseMs * 2 ** Math.min(attempt, 10),
          ).toBe(true);
        },
      ),
    );
    expect([1, 2, 3].map((attempt) => retryDelayMs(attempt, 1000, 0.5))).toEqual([
      1250, 2250, 4250,
    ]);
    expect(retryDelayMs(1, 0, 0.5)).toBe(0);
  });
});

describe('canonicalJson', () => {
  it('is one text per value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
    expect(canonicalJson({ b: 1, a: [{ d: undefined, c: null }] })).toBe(
      '{"a":[{"c":null}],"b":1}',
    );
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('errors', () => {
  it.each(errorCodes)('%s has a status, a title and a way out', (code) => {
    const { status, title, hint } = describeError(code);
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/);
    expect(status >= 400 && status < 600).toBe(true);
    expect([title, hint].every((text) => text.length > 3)).toBe(true);
  });
  it.each(['read-models.stopped', 'projection.stopped'] as const)(
    '%s names the rebuild, which loses nothing, before the skip',
    (code) => expect(describeError(code).hint).toMatch(/rebuilds it: try that first.*skip --help/),
  );
  it('know each other', () => {
    expect([isErrorCode('run.not-found'), isErrorCode('toString'), isErrorCode('nosuch')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(new Fault('log.unavailable', 'backoff', 'words', { cause: 1 })).toMatchObject({
      code: 'log.unavailable',
      retry: 'backoff',
      cause: 1,
    });
    expect(() => invariant(false, 'broken')).toThrow(BugError);
  });
});
