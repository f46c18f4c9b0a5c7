import { expect, it } from 'vitest';
import { shellPlaces } from './shell-places.ts';

const heredoc = (operator: string, inside: string, end = 'EOF') =>
  `cat ${operator}\n${inside}@\n${end}\necho @`;

it.each([
  ['@', ['code']],
  ["echo '@", ['single-quotes']],
  ["echo 'a' @", ['code']],
  ['echo "it\'s @', ['code']],
  ["echo \\'@", ['code']],
  ["echo 'a\\' @", ['code']],
  ["echo a # don't @\necho @", ['comment', 'code']],
  ["echo a#don't @", ['single-quotes']],
  ["# don't @", ['comment']],
  ['a="x" b=\'@', ['single-quotes']],
  ['sh -c \'echo "@', ['single-quotes']],
  ["echo 'a @\nb @' @", ['single-quotes', 'single-quotes', 'code']],
  [heredoc('<<EOF', "don't "), ['code', 'code']],
  [heredoc("<<'EOF'", 'x '), ['quoted-heredoc', 'code']],
  [heredoc('<< "EOF"', ''), ['quoted-heredoc', 'code']],
  [heredoc('<<\\EOF', ''), ['quoted-heredoc', 'code']],
  [heredoc("<<-'EOF'", '', '\t\tEOF'), ['quoted-heredoc', 'code']],
  [heredoc("<<'EOF'", '', '\tEOF'), ['quoted-heredoc', 'quoted-heredoc']],
  [heredoc("<<'EOF' | tee x", ''), ['quoted-heredoc', 'code']],
  ["a <<'A' b <<B\n@\nA\n@\nB\n@", ['quoted-heredoc', 'code', 'code']],
  ["cat <<'EOF' @\n@", ['code', 'quoted-heredoc']],
  ["cat <<< 'x'\n@", ['code']],
  ['echo $((1 << 2))\necho @', ['code']],
  ['echo "<<\'EOF\'"\n@', ['code']],
] as const)('%j → %j', (script, expected) => {
  const offsets = [...script.matchAll(/@/g)].map(({ index }) => index);
  expect(shellPlaces(script, offsets)).toEqual(expected);
});

it('reads a script once, however many places are asked for', () => {
  const script = "echo '@' \\\n".repeat(10_000);
  const offsets = [...script.matchAll(/@/g)].map(({ index }) => index);
  expect(new Set(shellPlaces(script, offsets))).toEqual(new Set(['single-quotes']));
});
