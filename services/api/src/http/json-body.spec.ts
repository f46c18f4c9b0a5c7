import { describe, expect, it } from 'vitest';
import { HttpProblem } from './http-problem.ts';
import { parseJsonBody } from './json-body.ts';

const codeOf = (bytes: string | Buffer): string => {
  try {
    parseJsonBody(Buffer.from(bytes as never));
    return 'accepted';
  } catch (error) {
    return error instanceof HttpProblem ? error.code : 'something else';
  }
};

describe('parseJsonBody', () => {
  it('reads an empty body as an empty object', () =>
    expect(parseJsonBody(Buffer.alloc(0))).toEqual({}));

  it.each([
    ['{"a": [1, "ü"]}', 'accepted'],
    ['{', 'request.malformed'],
    ['nonsense', 'request.malformed'],
    [Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'request.malformed'],
    ['{"a": "\\u0000"}', 'request.invalid'],
    ['{"a": "\\ud800"}', 'request.invalid'],
    ['{"\\u0000": 1}', 'request.invalid'],
    ['{"yaml": "\\u0000"}', 'accepted'],
    ['{"a": {"__proto__": {"b": 1}}}', 'request.invalid'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'request.invalid'],
  ])('judges %j', (bytes, expected) => expect(codeOf(bytes)).toBe(expected));

  it('leaves Object.prototype alone', () => {
    codeOf('{"__proto__": {"polluted": true}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
