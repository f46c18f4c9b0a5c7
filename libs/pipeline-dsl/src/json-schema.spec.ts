import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pipelineJsonSchema } from './json-schema.ts';

const testdata = new URL('../testdata/', import.meta.url);
const schema = pipelineJsonSchema();
const validate = new Ajv({ strict: false }).compile(schema);
const accepts = (value: unknown) => validate(value);
const step = { id: 'a', cmd: 'x' };

it('is draft-07 with every key and every alias', () => {
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
  const text = JSON.stringify(schema);
  for (const key of [
    'depends_on',
    'needs',
    'run',
    'timeout-minutes',
    'artifact_paths',
    'runs-on',
  ]) {
    expect(text).toContain(`"${key}"`);
  }
  expect(text).not.toContain('matrix');
});

describe('examples', () => {
  it.each(readdirSync(new URL('good', testdata)).filter((name) => name.endsWith('.yaml')))(
    'accepts %s',
    (name) => {
      const value = parse(readFileSync(new URL(`good/${name}`, testdata), 'utf8'), { merge: true });
      expect(accepts(value)).toBe(true);
    },
  );

  it.each([
    ['no name', { steps: [step] }],
    ['no steps', { name: 'a' }],
    ['a step without id', { name: 'a', steps: [{ cmd: 'x' }] }],
    ['a step without cmd', { name: 'a', steps: [{ id: 'a' }] }],
    ['two spellings of cmd', { name: 'a', steps: [{ ...step, run: 'y' }] }],
    ['an unknown key', { name: 'a', steps: [{ ...step, cmdd: 'y' }] }],
    ['a malformed id', { name: 'a', steps: [{ ...step, id: 'A b' }] }],
    ['a wrong type', { name: 'a', steps: [{ ...step, env: ['A=1'] }] }],
    ['a bare number as timeout', { name: 'a', steps: [{ ...step, timeout: 10 }] }],
  ])('refuses %s', (_, value) => {
    expect(accepts(value)).toBe(false);
  });
});
