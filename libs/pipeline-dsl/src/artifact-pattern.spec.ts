import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, isComplete, parseArtifactPattern, patternStart } from './artifact-pattern.ts';
import { compilePipeline } from './compile.ts';

function read(text: string) {
  const answer = parseArtifactPattern(text);
  if (!answer.ok) throw new Error(`${text} is refused: ${answer.message}`);
  return answer.pattern;
}

function matches(text: string, path: string): boolean {
  const pattern = read(text);
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
    ['**/**', 'a', true],
    ['report-??.txt', 'report-01.txt', true],
    ['report-??.txt', 'report-1.txt', false],
    ['?.txt', '😀.txt', true],
    // classes
    ['[ab].txt', 'a.txt', true],
    ['[ab].txt', 'c.txt', false],
    ['log-[0-9][0-9].txt', 'log-07.txt', true],
    ['[!a]*', 'ba', true],
    ['[^a]*', 'ab', false],
    ['[[:digit:]]', '7', true],
    ['[]a]', ']', true],
    ['[.]env', '.env', false],
    ['*[0-9].log', 'run-3-9.log', true],
    ['\\[slug\\].ts', '[slug].ts', true],
    ['[slug].ts', '[slug].ts', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    // braces
    ['*.{js,css}', 'a.css', true],
    ['*.{js,css}', 'a.ts', false],
    ['{dist,build/out}/**', 'build/out/a', true],
    ['{dist,build/out}/**', 'build/a', false],
    ['{a,{b,c}}', 'c', true],
    ['log{,.1}', 'log', true],
    ['part-{1..3}', 'part-2', true],
    ['{a}', '{a}', true],
    ['a}', 'a}', true],
    ['\\{a,b}', '{a,b}', true],
    // what is only text
    ['a(b|c)+', 'a(b|c)+', true],
    ['@(a|b)', 'a', false],
    ['a.b', 'axb', false],
    ['#a', '#a', true],
    ['\\!a', '!a', true],
  ])('%s against %s: %s', (pattern, path, expected) => {
    expect(matches(pattern, path)).toBe(expected);
  });

  it('reads what is left out, hidden names too', () => {
    expect(read('!**/*.map').isExclusion).toBe(true);
    expect(matches('!**/*.map', 'dist/.cache/.a.map')).toBe(true);
    expect(matches('!dist/tmp', 'dist/tmp')).toBe(true);
  });

  it.each(['/etc/passwd', '../x', 'a/../../x', '{a,..}/x', '{/etc,a}/x', '!../x'])(
    'refuses %s, which leaves the workspace',
    (text) => {
      expect(parseArtifactPattern(text)).toMatchObject({ ok: false, why: 'outside' });
    },
  );

  it.each([
    ['a[b', '"[" is not closed; write \\[ for the character itself'],
    ['a[b/c]', '"[" is not closed; write \\[ for the character itself'],
    ['[]', '"[" is not closed; write \\[ for the character itself'],
    ['{a,b', '"{" is not closed; write \\{ for the character itself'],
    ['x/[z-a]', 'no character fits a class of [z-a]'],
    ['!', 'it is empty'],
    ['a\0', 'it holds a NUL'],
    ['{1..1000000000}', 'its braces stand for more than 100 alternatives with 20000 characters'],
    ['{a,b}'.repeat(200), 'its braces stand for more than 100 alternatives with 20000 characters'],
    [`{${'a,'.repeat(50)}}${'b'.repeat(900)}`, /^its braces stand for more/],
  ])('says what is wrong with %s', (text, message) => {
    const answer = parseArtifactPattern(text);
    expect(answer).toMatchObject({ ok: false, why: 'malformed' });
    expect(answer.ok ? '' : answer.message).toMatch(message);
  });

  it('names a directory with or without its slash', () => {
    expect(matches('dist/', 'dist')).toBe(true);
    expect(matches('dist', 'dist')).toBe(true);
    expect(matches('.', 'x')).toBe(false);
  });

  it('stays linear on patterns made to be slow', () => {
    const name = 'a'.repeat(2_000);
    expect(matches(`${'*a'.repeat(200)}b`, name)).toBe(false);
    expect(matches(`${'*[ab]'.repeat(200)}c`, name)).toBe(false);
    expect(matches(`${'**/a/'.repeat(300)}b`, 'a/'.repeat(300))).toBe(false);
    expect(matches(`${'+(a|'.repeat(200)}${')'.repeat(200)}`, name)).toBe(false);
    expect(parseArtifactPattern('{'.repeat(1_000)).ok).toBe(false);
    expect(parseArtifactPattern('['.repeat(1_000)).ok).toBe(false);
    expect(parseArtifactPattern('{a,'.repeat(500) + '}'.repeat(500)).ok).toBe(false);
  });

  it('never throws, and takes every name for itself when each character is escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab[]{}!^-*?\\,./:(|)+@$'), maxLength: 30 }),
        (text) => {
          const answer = parseArtifactPattern(text);
          if (answer.ok) advance(answer.pattern, patternStart(answer.pattern), text);
          const name = text.replaceAll('/', '-');
          const escaped = [...name].map((character) => `\\${character}`).join('');
          if (name === '') return;
          expect(matches(escaped, name)).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

it('is told in the plan whether more than is kept is a warning', () => {
  const planOf = (artifacts: string) => {
    const text = `name: t\nsteps:\n  - id: a\n    cmd: x\n    artifacts: ${artifacts}\n`;
    const compiled = compilePipeline(text);
    return compiled.ok ? compiled.plan : undefined;
  };
  const said = (artifacts: string) => planOf(artifacts)?.steps[0]?.artifactsOverLimit;
  expect(said('{ paths: [x], over_limit: warn }')).toBe('warn');
  // A plan's hash must not change by a default.
  for (const artifacts of ['{ paths: [x], over_limit: error }', '{ paths: [x] }', '[x]'])
    expect(planOf(artifacts)?.steps[0]).not.toHaveProperty('artifactsOverLimit');
});

it.each([
  [
    '[dist/**, "[z-a]", "{a,b", "!x"]',
    ['5:26 schema.artifact-pattern', '5:35 schema.artifact-pattern'],
  ],
  ['"!x"', ['5:16 schema.artifact-pattern']],
  ['{ paths: ["!x", "!y"] }', ['5:25 schema.artifact-pattern']],
  ['{ paths: [x], over_limit: warn }', []],
  ['{ paths: [x], over_limit: never }', ['5:42 schema.value']],
  ['["{a,..}/x", ~/x]', ['5:17 schema.artifact-path', '5:29 schema.artifact-path']],
  ['[dist, !x]', ['5:23 yaml.tag']],
  ['["*.{js,css}", "[ab]", "!**/*.map", "**"]', []],
])('is judged when the file is compiled: %s', (artifacts, expected) => {
  const text = `name: t\nsteps:\n  - id: a\n    cmd: x\n    artifacts: ${artifacts}\n`;
  const found = compilePipeline(text).diagnostics;
  expect(found.map(({ line, column, code }) => `${line}:${column} ${code}`)).toEqual(expected);
});
