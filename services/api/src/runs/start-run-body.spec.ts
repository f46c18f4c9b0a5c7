import { expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { requestOf } from './start-run-body.ts';

const request = (body: object) => requestOf(operations.startRun.body.parse(body));

it('a body asks for a registered pipeline, or for the text of one', () => {
  const rest = { inputs: {}, source: { kind: 'none' }, trigger: { kind: 'api' } };
  expect(request({ pipeline: 'p' })).toEqual({ pipeline: { name: 'p' }, ...rest });
  expect(request({ yaml: '' })).toEqual({ pipeline: { yaml: '' }, ...rest });
});

it('a body says by what the run is asked for', () => {
  const trigger = { kind: 'cli', key: 'push:main:abc', ref: 'main' };
  const given = { pipeline: 'p', inputs: { a: 1 }, isolation: 'standard', trigger };
  expect(request(given)).toMatchObject({ inputs: { a: 1 }, isolation: 'standard', trigger });
});
