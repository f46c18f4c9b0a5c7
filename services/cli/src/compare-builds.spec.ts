import { expect, it } from 'vitest';
import { isOlder } from './compare-builds.ts';

const [earlier, later] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];

it.each([
  ['0.9.0', '0.10.0'],
  ['0.10.9', '1.0.0'],
  ['1.0.0-beta.2', '1.0.0-beta.10'],
  ['1.0.0-beta.2', '1.0.0'],
])('%s is older than %s, whenever they were built', (left, right) => {
  const [old, young] = [
    { version: left, builtAt: later },
    { version: right, builtAt: earlier },
  ];
  expect([isOlder(old, young), isOlder(young, old)]).toEqual([true, false]);
});

it('takes the earlier of two builds of one version for the older', () => {
  const at = (builtAt: string) => ({ version: '1.0.0', builtAt });
  expect(isOlder(at(earlier), at(later))).toBe(true);
  expect(isOlder(at(later), at(earlier))).toBe(false);
  expect(isOlder(at(later), at(later))).toBe(false);
});
