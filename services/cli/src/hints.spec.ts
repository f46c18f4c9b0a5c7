import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { describeError, errorCodes } from '#libs/kernel';
import { pasteable } from './invocation.ts';
import { createProgram } from './program.ts';
import { usageCodes } from './usage-codes.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const program = createProgram(() => {});
const called = { program: 'millrace', flags: [], given: { COMMAND: 'run' } };

/** Every `millrace …` in backticks that the product's own code can print, with the file that says it. */
function commandsInSources(): readonly (readonly [file: string, text: string])[] {
  const files = ['services', 'libs'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ts$/.test(name) && !/\.(?:spec|contract)\.ts$/.test(name))
      .map((name) => join(top, name)),
  );
  return files.flatMap((file) => {
    const words = readFileSync(join(root, file), 'utf8')
      .replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
      .replace(/\$\{[^{}]*\}/g, '1');
    // Not template literals that begin with the name and a value.
    return [...words.matchAll(/\\?`millrace ([A-Za-z-][^`\\]*)\\?`/g)].map(
      ([, text = '']) => [file, text] as const,
    );
  });
}

/** What is wrong with a command that somebody is told to paste; undefined where it is one. */
function flawOf(text: string): string | undefined {
  const pasted = pasteable(`\`millrace ${text}\``, called).slice(1, -1);
  const words = pasted.split(' ').slice(1);
  let command: Command = program;
  while (words[0] !== undefined) {
    const own = command.commands.find((each) => each.name() === words[0]);
    if (!own) break;
    command = own;
    words.shift();
  }
  if (command === program && words[0] !== '--help') return `${pasted}: no such command`;
  for (const word of words) {
    if (/^[A-Z]+$/.test(word)) return `${pasted}: ${word} stands for nothing`;
    const known = [...command.options, ...program.options].some(({ long }) => long === word);
    if (word.startsWith('--') && word !== '--help' && !known) return `${pasted}: no ${word}`;
  }
  return undefined;
}

describe('whatever tells somebody to call a command', () => {
  const found = commandsInSources();
  it('is found', () => expect(found.length).toBeGreaterThan(25));
  it.each(found)('in %s can be pasted: millrace %s', (_, text) =>
    expect(flawOf(text)).toBeUndefined(),
  );
  it.each(['nosuch', 'run --nosuch', 'executors drain ID', 'show UNKNOWN'])('is not %s', (text) =>
    expect(flawOf(text)).toBeDefined(),
  );
});

describe('a hint', () => {
  const hints = [
    ...errorCodes.map((code) => [code, describeError(code).hint] as const),
    ...Object.entries(usageCodes).map(([code, [, hint]]) => [code, hint] as const),
  ];
  const commands = program.commands.map((command) => command.name()).join('|');
  const things = 'runs?|steps?|artifacts|executors|settings|inputs|pipelines';

  it.each(hints)('of %s gives a command for what it speaks of: %s', (_, hint) => {
    const bare = hint.replace(/`[^`]*`/g, '');
    if (
      new RegExp(
        `^(?:See|List|Start|Use|Retry|Repeat)\\b(?! the detail).*\\b(?:${things})\\b`,
      ).test(bare)
    )
      expect(hint).toMatch(/`millrace |\/api\//);
    expect(bare).not.toMatch(new RegExp(`\\b(?:use|say|call) (?:${commands})\\b`));
  });
});
