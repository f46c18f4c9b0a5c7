import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { checkEvent, eventDataBytesMax } from './validate.ts';

const cancel = (reason: string) => ({
  type: 'run.cancel-requested',
  data: { by: 'anonymous', reason, force: false },
});
const codeOf = (event: { type: string; data: unknown }) => {
  try {
    checkEvent(event);
    return 'accepted';
  } catch (error) {
    return error instanceof Fault ? error.code : 'bug';
  }
};

describe('checkEvent', () => {
  it('refuses exactly NUL and lone surrogates in text', () => {
    const unit = fc.oneof(
      fc.constantFrom(
        '\u0000',
        '\ud800',
        '\udc00',
        '\ud83d\ude00',
        '\\',
        '\\u0000',
        '\\ud800',
        'u0000',
        '"',
        '\n',
      ),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (units) => {
        const text = units.join('');
        const isBad = text.includes('\u0000') || !text.isWellFormed();
        expect(codeOf(cancel(text))).toBe(isBad ? 'event.invalid-text' : 'accepted');
      }),
      { numRuns: 2_000 },
    );
  });

  it('looks at keys too', () => {
    const queued = {
      type: 'run.queued',
      data: {
        runNumber: 1,
        pipelineId: '01900000-0000-7000-8000-000000000001',
        pipeline: 'a',
        planHash: 'a'.repeat(64),
        trigger: { kind: 'api', actor: 'system' },
        inputs: { 'a\u0000': 'x' },
        source: { kind: 'none' },
        isolation: 'none',
      },
    };
    expect(codeOf(queued)).toBe('event.invalid-text');
  });

  it('refuses what is too large', () => {
    const inputs = Object.fromEntries(
      Array.from({ length: 70 }, (_, at) => [`n${at}`, 'x'.repeat(1000)]),
    );
    const queued = {
      type: 'run.queued',
      data: {
        runNumber: 1,
        pipelineId: '01900000-0000-7000-8000-000000000001',
        pipeline: 'a',
        planHash: 'a'.repeat(64),
        trigger: { kind: 'api', actor: 'system' },
        inputs,
        source: { kind: 'none' },
        isolation: 'none',
      },
    };
    expect(JSON.stringify(queued.data).length).toBeGreaterThan(eventDataBytesMax);
    expect(codeOf(queued)).toBe('event.too-large');
  });

  it.each([
    ['an unknown type', { type: 'run.nosuch', data: {} }],
    ['an unknown field', { type: 'executor.lost', data: { why: 'silent', more: 1 } }],
    ['a wrong value', { type: 'executor.lost', data: { why: 'tired' } }],
  ])('takes %s for a bug of ours', (_, event) => expect(codeOf(event)).toBe('bug'));
});
