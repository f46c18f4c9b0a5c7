import { describe, expect, it } from 'vitest';
import { ShellHints } from './shell-hints.ts';
import { stepShell } from './step-shell.ts';

const hintOf = (text: string, shell = stepShell('sh', undefined)) => {
  const hints = new ShellHints(shell);
  for (const piece of text.match(/.{1,7}/gs) ?? []) hints.watch(Buffer.from(piece));
  return hints.hint;
};
const of = (words: string) => `/home/step/.millrace-7/command: ${words}\n`;

describe('words that only bash knows', () => {
  it.each([
    of('1: [[: not found'),
    of('2: source: not found'),
    of('3: Syntax error: "(" unexpected'),
    of('1: Syntax error: redirection unexpected'),
    of('1: Bad substitution'),
    of('1: set: Illegal option -o pipefail'),
    '/home/step/.millrace-7/main: 2: /home/step/.millrace-7/command-1: Syntax error: "(" unexpected\n',
  ])('get a hint: %j', (text) => expect(hintOf(text)).toMatch(/shell: bash/));

  it.each(['log of something else: [[: not found', of('1: make: not found'), 'nothing wrong'])(
    'are not seen in %j',
    (text) => expect(hintOf(text)).toBeUndefined(),
  );

  it('are no matter in bash', () =>
    expect(hintOf(of('1: [[: not found'), stepShell(undefined, '/bin/bash'))).toBeUndefined());
});
