import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

it('compiles the Go example without a word', () => {
  const file = new URL('../../../deploy/examples/go/.millrace.yaml', import.meta.url);
  expect(compilePipeline(readFileSync(file))).toMatchObject({ ok: true, diagnostics: [] });
});

it('compiles the language as the README shows it', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const shown = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const answer = compilePipeline(shown);
  expect(answer.diagnostics.map(({ code }) => code)).toEqual(['graph.optional-dependency']);
  expect(answer).toMatchObject({ ok: true, plan: { name: 'service', steps: { length: 2 } } });
});
