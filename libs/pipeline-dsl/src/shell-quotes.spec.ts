import { expect, it } from 'vitest';
import { endsInSingleQuotes } from './shell-quotes.ts';

it.each([
  ['', false],
  ["echo '", true],
  ["echo 'a' ", false],
  ['echo "it\'s ', false],
  ["echo \\'", false],
  ["echo 'a\\' ", false],
  ["echo a # don't\necho ", false],
  ["echo a#don't ", true],
  ["# don't", false],
  ['a="x" b=\'', true],
  ['sh -c \'echo "', true],
])('%j → %j', (script, expected) => {
  expect(endsInSingleQuotes(script)).toBe(expected);
});
