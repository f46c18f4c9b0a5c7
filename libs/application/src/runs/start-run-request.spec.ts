import { expect, it } from 'vitest';
import { canonicalJson } from '#libs/kernel';
import { identityOf, type StartRunRequest } from './start-run-request.ts';

const source = { kind: 'none' } as const;

it.each<[StartRunRequest, string]>([
  [
    { pipeline: { yaml: 'y' }, inputs: {}, source, isolation: undefined, trigger: { kind: 'api' } },
    '{"inputs":{},"source":{"kind":"none"},"yaml":"y"}',
  ],
  [
    { pipeline: { name: 'p' }, inputs: { a: 1 }, source, trigger: { kind: 'cli', key: undefined } },
    '{"inputs":{"a":1},"pipeline":"p","source":{"kind":"none"},"trigger":{"kind":"cli"}}',
  ],
  [
    {
      ...{ pipeline: { name: 'p' }, inputs: {}, source, isolation: 'none' },
      trigger: { kind: 'api', key: 'a:b:c' },
    },
    '{"inputs":{},"isolation":"none","pipeline":"p","source":{"kind":"none"},"trigger":{"key":"a:b:c","kind":"api"}}',
  ],
])('a key that a server before this one remembers is known again: %j', (request, body) => {
  expect(canonicalJson(identityOf(request))).toBe(body);
});
