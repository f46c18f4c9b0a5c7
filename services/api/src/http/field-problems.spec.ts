import { expect, it } from 'vitest';
import { z } from 'zod';
import { operations } from '#libs/api-contract';
import { fieldProblems, type RequestPart } from './field-problems.ts';

function problemsOf(schema: z.ZodType, part: RequestPart, value: unknown) {
  const { error } = schema.safeParse(value);
  return error ? fieldProblems(error, part, schema) : [];
}

it.each<[RequestPart, z.ZodType, unknown, string, string]>([
  [
    'query',
    operations.listRuns.query,
    { limt: '1' },
    '/query/limt',
    'there is no parameter "limt", did you mean "limit"?',
  ],
  [
    'query',
    operations.listRuns.query,
    { colour: 'red' },
    '/query/colour',
    'there is no parameter "colour"',
  ],
  [
    'body',
    operations.startRun.body,
    { yaml: 'x', trigger: { kidn: 'api' } },
    '/trigger/kidn',
    'there is no member "kidn", did you mean "kind"?',
  ],
  [
    'body',
    operations.startRun.body,
    { yaml: 'x', 'a/b~': 1 },
    '/a~1b~0',
    'there is no member "a/b~"',
  ],
])(
  'in %s names the field that is unknown, and the one that was meant',
  (part, schema, value, pointer, detail) => {
    expect(problemsOf(schema, part, value)).toEqual([{ pointer, detail }]);
  },
);

it('points at a field with a value that does not fit', () => {
  const [problem] = problemsOf(operations.listRuns.query, 'query', { limit: '0' });
  expect(problem?.pointer).toBe('/query/limit');
  expect(problemsOf(operations.startRun.body, 'body', 7)[0]?.pointer).toBe('');
});

it('tells a bounded part of many long names', () => {
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, at) => ['x'.repeat(500) + at, 1]));
  const problems = problemsOf(operations.listRuns.query, 'query', many);
  expect(problems).toHaveLength(50);
  expect(Math.max(...problems.map(({ pointer }) => pointer.length))).toBeLessThan(80);
});
