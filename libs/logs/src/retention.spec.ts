import { expect, it } from 'vitest';
import { whatToRemove } from './retention.ts';

const entries = [
  { id: 'new', bytes: 10, lastUsedMs: 900 },
  { id: 'old', bytes: 10, lastUsedMs: 100 },
  { id: 'middle', bytes: 10, lastUsedMs: 500 },
];

it.each([
  [{ ageMs: 1_000, bytesMax: 30 }, []],
  [{ ageMs: 900, bytesMax: 30 }, []],
  [{ ageMs: 899, bytesMax: 30 }, ['old']],
  [{ ageMs: 1_000, bytesMax: 29 }, ['old']],
  [{ ageMs: 1_000, bytesMax: 10 }, ['old', 'middle']],
  [{ ageMs: 1_000, bytesMax: 0 }, ['old', 'middle', 'new']],
  [{ ageMs: 200, bytesMax: 5 }, ['old', 'middle', 'new']],
])('%j removes %j', (limits, removed) =>
  expect(whatToRemove(entries, { nowMs: 1_000, ...limits })).toEqual(removed),
);
