import { expect, it } from 'vitest';
import { formatDiagnostic, formatExcerpt, toDiagnostics } from './diagnostic.ts';

const text = 'name: a\r\nsteps:\n\t- 😀 id: b';
const found = toDiagnostics(
  [
    { code: 'step.duplicate-id', offset: text.indexOf('b'), message: 'twice', hint: 'rename it' },
    { code: 'lint.triggers', offset: 0, message: 'first' },
  ],
  { file: 'f.yaml', text },
);

it('counts lines and characters from one, in the order of the text', () => {
  expect(found).toEqual([
    {
      code: 'lint.triggers',
      severity: 'warning',
      file: 'f.yaml',
      line: 1,
      column: 1,
      message: 'first',
    },
    {
      code: 'step.duplicate-id',
      severity: 'error',
      file: 'f.yaml',
      line: 3,
      column: 10,
      message: 'twice',
      hint: 'rename it',
    },
  ]);
});

it('prints one line, and the place with a caret', () => {
  expect(found.map(formatDiagnostic)).toEqual([
    'f.yaml:1:1: warning first [lint.triggers]',
    'f.yaml:3:10: error twice (rename it) [step.duplicate-id]',
  ]);
  const [first, second] = found;
  expect(first && formatExcerpt(first, text)).toBe('   1 | name: a\n     | ^');
  expect(second && formatExcerpt(second, text)).toBe('   3 | \t- 😀 id: b\n     | \t        ^');
});

it('cuts long lines around the place and prints no control characters', () => {
  const long = `${'x'.repeat(500)}!\u001b[31m${'y'.repeat(500)}`;
  const [diagnostic] = toDiagnostics([{ code: 'yaml.syntax', offset: 500, message: 'm' }], {
    file: 'f',
    text: long,
  });
  const [line = '', caret = ''] = diagnostic ? formatExcerpt(diagnostic, long).split('\n') : [];
  expect(line).toHaveLength(107);
  expect(line).not.toContain('\u001b');
  expect(line[caret.indexOf('^')]).toBe('!');
});

it('has no excerpt for a line that is not there', () => {
  const [first] = found;
  expect(first && formatExcerpt({ ...first, line: 9 }, text)).toBe('');
});
