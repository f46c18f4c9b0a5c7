import { expect, it } from 'vitest';
import { pathOf } from './operation-path.ts';

it.each([
  ['/runs', {}, '/runs'],
  ['/runs/{id}/logs/{step}', { params: { id: 'a/b', step: 'c d' } }, '/runs/a%2Fb/logs/c%20d'],
  ['/files/{path}', { params: { path: 'a b/c?d' } }, '/files/a%20b/c%3Fd'],
  ['/runs', { query: { after: 0, run: undefined, q: 'a&b' } }, '/runs?after=0&q=a%26b'],
  ['/runs', { query: { after: undefined } }, '/runs'],
])('fills %s with %j: %s', (path, call, filled) => {
  expect(pathOf({ path }, call)).toBe(filled);
});
