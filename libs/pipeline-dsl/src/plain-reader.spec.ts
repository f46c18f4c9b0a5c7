// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the pipeline's own references
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPlainTree } from './plain-reader.ts';
import { readAnyTree } from './read-tree.ts';

const folder = new URL('../testdata/good/', import.meta.url);
const examples = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(new URL(name, folder), 'utf8'));
examples.push(
  readFileSync(new URL('../../../deploy/examples/go/.millrace.yaml', import.meta.url), 'utf8'),
);

/** Where the plain reader answers, the general one gives exactly the same tree. */
function compare(text: string): boolean {
  const plain = readPlainTree(text);
  if (plain)
    expect({ text, tree: readAnyTree(text) }).toEqual({ text, tree: { ok: true, root: plain } });
  return plain !== undefined;
}

it('reads the usual files and agrees with the general reader', () => {
  const usual = [
    'a: b\n',
    'a: b',
    'a:\n  b: 1\n  c: -2.50\nd: [x, "y z", {k: v, l: []}] # comment\n',
    'a:\n- x\n- y: 1\n  z: 2\n- [1]\nb: c\n',
    'a:\n  -   x: 1\n      y: 2\n  # comment\n\n  -\n    z: 3\n',
    'a: |\n  one\n\n    two # no comment\n  three\n\n\nb: |-\n    x\nc: x\n',
    'a: echo "$FOO" # bar\nb: it\'s\nc: -x --y\nd: a#b\ne: http://x/y\n',
    'a: \'x\'\nb: ""\nc: { }\nd: [ ]\n',
    'a:\n  - |\n    x\n  - y\n',
    'true: null\nnull: ~\n',
  ];
  expect(usual.filter((text) => !compare(text))).toEqual([]);
});

it('declines what takes more care', () => {
  const careful = [
    '',
    'a:',
    'a: &x b',
    'a: *x',
    'a: !!str b',
    '<<: {a: b}',
    'a: b\na: c',
    '? a',
    'a: >\n b\n',
    'a: "\\n"',
    "a: 'it''s'",
    'a: b\n c',
    'a: 0x1f',
    'a: 1e3',
    'a: [b,\n c]',
    '- a',
    '---\na: b',
    '__proto__: x',
    '"a": b',
    'a: b: c',
    'a: b:',
  ];
  expect(careful.filter((text) => readPlainTree(text) !== undefined)).toEqual([]);
});

it('agrees on every example of the tests', () => {
  expect(examples.filter(compare).length).toBeGreaterThan(2);
});

it('agrees on anything made from pieces of YAML', () => {
  let answered = 0;
  const piece = fc.constantFrom(
    'a: ',
    'b:',
    'c: ',
    'd:\n',
    '\n',
    '\n  ',
    '\n    ',
    '  ',
    ' ',
    '- ',
    '-',
    '\n- ',
    '\n  - ',
    'x',
    'yes',
    '1',
    '-1.5',
    '0',
    '007',
    '1.',
    '.5',
    '1e5',
    '+1',
    '~',
    'null',
    'true',
    '"q"',
    "'s'",
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ', ',
    ',',
    ': ',
    ':',
    '#',
    ' # c',
    '|',
    '|-',
    '|+',
    '>',
    '&',
    '*',
    '!',
    '?',
    '%',
    '@',
    '$',
    '${{ x }}',
    '\\',
    'é',
    '😀',
    '\u00a0',
    'k: v',
    '\nk: v',
    '{k: v}',
    '[x, y]',
    '|\n    t\n',
    '<<: ',
    '=',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      if (compare(`a: ${pieces.join('')}`)) answered += 1;
      compare(pieces.join(''));
    }),
    { numRuns: 4_000 },
  );
  expect(answered).toBeGreaterThan(100);
});

it('agrees on examples with a piece cut out or put in', () => {
  const edit = fc.record({
    text: fc.constantFrom(...examples),
    at: fc.nat(2000),
    cut: fc.nat(4),
    put: fc.constantFrom(
      '',
      ' ',
      '  ',
      '\n',
      '\n\n',
      '- ',
      ': ',
      ' #',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ',',
      '|',
      'x',
      '0',
      '\n  ',
    ),
  });
  fc.assert(
    fc.property(
      fc.array(edit, { minLength: 1, maxLength: 1 }),
      ([{ text, at, cut, put } = { text: '', at: 0, cut: 0, put: '' }]) => {
        const place = at % (text.length + 1);
        compare(text.slice(0, place) + put + text.slice(place + cut));
      },
    ),
    { numRuns: 1_000 },
  );
});
