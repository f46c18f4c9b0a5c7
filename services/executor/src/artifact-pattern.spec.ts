import { describe, expect, it } from 'vitest';
import {
  advance,
  isComplete,
  matchesName,
  parseArtifactPattern,
  patternStart,
} from './artifact-pattern.ts';

function matches(text: string, path: string): boolean {
  const pattern = parseArtifactPattern(text);
  if (!pattern) throw new Error(`${text} is refused`);
  let progress = patternStart(pattern);
  for (const name of path.split('/')) progress = advance(pattern, progress, name);
  return isComplete(pattern, progress);
}

describe('artifact patterns', () => {
  it.each([
    ['coverage.html', 'coverage.html', true],
    ['./coverage.html', 'coverage.html', true],
    ['coverage.html', 'sub/coverage.html', false],
    ['*.xml', 'a.xml', true],
    ['*.xml', '.xml', false],
    ['.*', '.env', true],
    ['dist/*', 'dist/a', true],
    ['dist/*', 'dist/a/b', false],
    ['dist/**', 'dist/a/b', true],
    ['dist/**', 'dist', false],
    ['dist/**', 'dist/.a', false],
    ['**', 'a/b', true],
    ['**/*.xml', 'a.xml', true],
    ['**/*.xml', 'a/b/c.xml', true],
    ['**/*.xml', '.git/c.xml', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/y/c', false],
    ['**/**/x', 'x', true],
    ['report-??.txt', 'report-01.txt', true],
    ['report-??.txt', 'report-1.txt', false],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  it.each(['/etc/passwd', '../x', 'a/../../x'])('refuses %s', (text) => {
    expect(parseArtifactPattern(text)).toBeUndefined();
  });

  it('names a directory with or without its slash', () => {
    expect(matches('dist/', 'dist')).toBe(true);
    expect(matches('dist', 'dist')).toBe(true);
    expect(matches('.', 'x')).toBe(false);
  });

  it('stays linear on patterns made to be slow', () => {
    expect(matchesName(`${'*a'.repeat(200)}b`, 'a'.repeat(2_000))).toBe(false);
  });
});
