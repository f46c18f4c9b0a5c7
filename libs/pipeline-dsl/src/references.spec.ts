// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the pipeline's own references
import { expect, it } from 'vitest';
import { parseReferences, referenceOffset } from './references.ts';

const declared = { vars: new Map([['NODE', '22']]), inputs: new Map([['target', {}]]) };
const codes = (text: string) => parseReferences(text, declared).problems.map(({ code }) => code);

it('splits text at its references', () => {
  expect(parseReferences('a ${{vars.NODE}}${{ inputs . target }}!', declared)).toEqual({
    segments: [
      { kind: 'text', text: 'a ' },
      { kind: 'vars', name: 'NODE', reference: 0 },
      { kind: 'inputs', name: 'target', reference: 1 },
      { kind: 'text', text: '!' },
    ],
    problems: [],
  });
});

it("leaves the shell's own alone", () => {
  expect(codes('$A ${B} $((1+1)) {{ go }} $ {{ }}')).toEqual([]);
});

it.each([
  ['${{ vars.X }}', 'ref.undeclared-var'],
  ['${{ vars.toString }}', 'ref.undeclared-var'],
  ['${{ inputs.NODE }}', 'ref.undeclared-input'],
  ['${{ secrets.X }}', 'ref.unknown-namespace'],
  ['${{ var.NODE }}', 'ref.unknown-namespace'],
  ['${{ }}', 'ref.syntax'],
  ['${{ vars.NODE || 1 }}', 'ref.syntax'],
  ['${{ vars.a.b }}', 'ref.syntax'],
  ['${{ vars.NODE }', 'ref.syntax'],
])('%s → %s', (text, code) => {
  expect(codes(text)).toEqual([code]);
});

it('finds the n-th reference in the text of the file', () => {
  const text = 'cmd: |\n  a ${{ x }}\n  b ${{ y }}\nnext: ${{ z }}';
  const scalar = { start: 5, end: text.indexOf('next') };
  expect(referenceOffset(text, scalar, 1)).toBe(text.indexOf('${{ y'));
  expect(referenceOffset(text, scalar, 2)).toBe(5);
});
