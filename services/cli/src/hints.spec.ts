import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { type SettingKey, settingName, settings } from '#libs/config';
import { describeError, errorCodes } from '#libs/kernel';
import { pasteable } from './invocation.ts';
import { createProgram } from './program.ts';
import { usageCodes } from './usage-codes.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const program = createProgram(() => {});
const called = { program: 'millrace', flags: [], given: { COMMAND: 'run' } };

/** Every file of the product's own code, without comments. */
function sources(): readonly (readonly [file: string, text: string])[] {
  return ['services', 'libs']
    .flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.ts$/.test(name) && !/\.(?:spec|contract)\.ts$/.test(name))
        .map((name) => join(top, name)),
    )
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return [file, text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '').replace(/\$\{[^{}]*\}/g, '1')];
    });
}

/** Every `millrace …` in backticks that the product's own code can print, with the file that says it. */
function commandsInSources(): readonly (readonly [file: string, text: string])[] {
  return sources().flatMap(([file, words]) =>
    // Not template literals that begin with the name and a value.
    [...words.matchAll(/\\?`millrace ([A-Za-z-][^`\\]*)\\?`/g)].map(
      ([, text = '']) => [file, text] as const,
    ),
  );
}

/** What is wrong with a command that somebody is told to paste; undefined if it is one. */
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

it('names a setting as it stands in a file', () => {
  const keys = (Object.keys(settings) as SettingKey[]).filter((key) => settingName(key) !== key);
  const inSentence = new RegExp(`['"\`][^'"\`\\n]*[a-z] (?:${keys.join('|')})\\b`);
  expect(keys.length).toBeGreaterThan(20);
  expect(sources().flatMap(([, text]) => inSentence.exec(text)?.[0] ?? [])).toEqual([]);
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
