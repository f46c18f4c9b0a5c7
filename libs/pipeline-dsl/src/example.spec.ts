import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

it('compiles the Go example without a word', () => {
  const file = new URL('../../../deploy/examples/go/.millrace.yaml', import.meta.url);
  expect(compilePipeline(readFileSync(file))).toMatchObject({ ok: true, diagnostics: [] });
});
