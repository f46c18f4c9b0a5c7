import { describe, expect, it } from 'vitest';
import { childTraceparent, isTraceparent } from './traceparent.ts';

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const random = Uint8Array.from({ length: 24 }, (_, at) => at + 1);

describe('traceparent', () => {
  it.each([
    [parent, true],
    [parent.toUpperCase(), false],
    [`01${parent.slice(2)}`, false],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-00`, false],
    [`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-00`, false],
    ['', false],
  ])('judges %s', (text, expected) => expect(isTraceparent(text)).toBe(expected));

  it('keeps the trace and its flags, with a new span', () => {
    const child = childTraceparent(parent, random);
    expect(isTraceparent(child)).toBe(true);
    expect(child.slice(0, 35)).toBe(parent.slice(0, 35));
    expect(child).not.toBe(parent);
    expect(child.endsWith('-00')).toBe(true);
  });

  it.each([null, 'nonsense'])('starts a trace where the parent is %s', (bad) => {
    expect(isTraceparent(childTraceparent(bad, random))).toBe(true);
  });
});
