import { expect, it } from 'vitest';
import type { Plan } from '#libs/events';
import { checkInputs } from './check-inputs.ts';

const plan = {
  inputs: {
    target: { type: 'enum', values: ['staging', 'prod'], default: 'staging' },
    count: { type: 'number', default: '3.10' },
    dry: { type: 'boolean' },
    note: { type: 'string', default: '' },
  },
} satisfies Pick<Plan, 'inputs'> as unknown as Plan;

it('fills in the defaults and makes text of values', () => {
  expect(checkInputs(plan, { dry: true, count: 7 })).toEqual({
    ok: true,
    inputs: { target: 'staging', count: '7', dry: 'true', note: '' },
  });
  expect(checkInputs(plan, { dry: 'false', target: 'prod' })).toMatchObject({
    inputs: { count: '3.10', dry: 'false', target: 'prod' },
  });
});

it('tells everything that is wrong, with pointers', () => {
  const given = { target: 'prd', count: 'many', nte: 'x', 'a/b~': 1, note: { a: 1 } };
  expect(checkInputs(plan, given)).toEqual({
    ok: false,
    problems: [
      {
        code: 'run.input-unknown',
        pointer: '/inputs/nte',
        detail: 'the pipeline has no input "nte", did you mean "note"?',
      },
      {
        code: 'run.input-unknown',
        pointer: '/inputs/a~1b~0',
        detail: 'the pipeline has no input "a/b~"',
      },
      {
        code: 'run.input-invalid',
        pointer: '/inputs/target',
        detail: 'the value of the input "target" is not one of staging, prod',
      },
      {
        code: 'run.input-invalid',
        pointer: '/inputs/count',
        detail: 'the value of the input "count" is not a number',
      },
      {
        code: 'run.input-missing',
        pointer: '/inputs/dry',
        detail: 'the input "dry" has no default and needs a value',
      },
      {
        code: 'run.input-invalid',
        pointer: '/inputs/note',
        detail: 'the value of the input "note" is neither text, a number nor a boolean',
      },
    ],
  });
});

it.each([
  ['NUL', { dry: true, note: 'a\0' }],
  ['half a character', { dry: true, note: '\ud800' }],
  ['40 KB', { dry: true, note: 'x'.repeat(40_000) }],
  ['an inherited name', { dry: true, toString: 'x' }],
  ['infinity', { dry: true, count: Number.POSITIVE_INFINITY }],
])('refuses %s', (_, given) => {
  expect(checkInputs(plan, given).ok).toBe(false);
});
