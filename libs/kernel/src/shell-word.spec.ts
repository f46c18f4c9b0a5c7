import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { shellWord } from './shell-word.ts';

describe.each([
  ['plain', 'plain'],
  ['/opt/a-b_c/d.js', '/opt/a-b_c/d.js'],
  ['https://ci.example:7420/x,y%20z', 'https://ci.example:7420/x,y%20z'],
  ['-oUpdateHostKeys=no', '-oUpdateHostKeys=no'],
  ['user@host+1', 'user@host+1'],
  ['', "''"],
  ['~', "'~'"],
  ['~root/x', "'~root/x'"],
  ['dir=~/x', "'dir=~/x'"],
  ['a:~/x', "'a:~/x'"],
  ['=ls', "'=ls'"],
  ['two words', "'two words'"],
  ["it's", "'it'\\''s'"],
  ['$HOME', "'$HOME'"],
  ['`id`', "'`id`'"],
  ['a*?[b]', "'a*?[b]'"],
  ['{a,b}', "'{a,b}'"],
  ['#no', "'#no'"],
  ['!!', "'!!'"],
  ['a\\b', "'a\\b'"],
  ['a\nb', "'a\nb'"],
  ['a\n', "'a\n'"],
  ['a;b|c&d<e>f(g)', "'a;b|c&d<e>f(g)'"],
  ['é', "'é'"],
])('%j as a word', (text, word) => {
  it(`is ${word}`, () => expect(shellWord(text)).toBe(word));

  it.each(['sh', 'bash'])('is read as it is by %s', (shell) =>
    expect(
      execFileSync(shell, ['-c', `printf '<%s>' ${shellWord(text)}`], { encoding: 'utf8' }),
    ).toBe(`<${text}>`),
  );
});
