// biome-ignore-all lint/suspicious/noTemplateCurlyInString: looks for source text
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { diagnosticCodes, explainDiagnostic, severityOf } from './diagnostic-catalog.ts';

it('explains every code in a sentence, and no other', () => {
  for (const code of diagnosticCodes) {
    expect(code).toMatch(/^[a-z]+\.[a-z-]+$/);
    const found = explainDiagnostic(code);
    expect(found?.severity).toBe(severityOf(code));
    expect(found?.explanation).toMatch(/^.{30,}[.?]$/);
  }
  expect(explainDiagnostic('no.such-code')).toBeUndefined();
  expect(explainDiagnostic('toString')).toBeUndefined();
});

it('has no code that nothing raises', () => {
  const here = new URL('.', import.meta.url);
  const sources = readdirSync(here)
    .filter((name) => /^(?!.*\.spec\.ts$|diagnostic-catalog).*\.ts$/.test(name))
    .map((name) => readFileSync(new URL(name, here), 'utf8'))
    .join('\n')
    // The one code that is put together.
    .replace('`ref.undeclared-${one}`', "'ref.undeclared-var' 'ref.undeclared-input'");
  expect(diagnosticCodes.filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});
