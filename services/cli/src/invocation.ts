import { basename, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { inheritedEnvironment } from '#libs/config';
import { shellWord } from '#libs/kernel';

/** How the caller reached this command, so that what is printed can be pasted. */
export interface Invocation {
  /** `millrace`, `npx millrace`, `node PATH`. */
  readonly program: string;
  /** The flags that say which server is meant, each with its value, as they were given. */
  readonly flags: readonly string[];
  /** What was given for the words of `placeholders`, if it is known. */
  readonly given?: Readonly<Record<string, string>>;
}

/** Placeholders in hints, and what replaces them if the caller gave no value: text that can be pasted, too. */
const placeholders: Readonly<Record<string, string>> = {
  COMMAND: '',
  FILE: '',
  RUN: 'latest',
  STEP: '',
};

/** @param options  as commander read them, wherever they stood */
export function invocationOf(options: Readonly<Record<string, unknown>>): Invocation {
  const flags = [
    ['--data-dir', options.dataDir],
    ['--server', options.server],
  ].flatMap(([flag, value]) => (typeof value === 'string' ? [`${flag} ${shellWord(value)}`] : []));
  return { program: programOf(process.argv[1] ?? '', inheritedEnvironment()), flags };
}

/** The values that the caller gave to a command, by their placeholder. */
export function givenTo(command: Command): Readonly<Record<string, string>> {
  const names: string[] = [];
  for (let each = command; each.parent; each = each.parent) names.unshift(each.name());
  const given: Record<string, unknown> = { STEP: command.opts().step };
  for (const [at, argument] of command.registeredArguments.entries())
    given[argument.name().toUpperCase()] ??= command.processedArgs?.[at];
  const words = Object.entries(given).flatMap(([word, value]) =>
    typeof value === 'string' ? [[word, shellWord(value)]] : [],
  );
  return { ...Object.fromEntries(words), COMMAND: names.join(' ') };
}

/** npm runs scripts and `npx` with its own directories first in the PATH: outside of them the name alone is not found. */
export function programOf(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (environment.npm_command !== undefined) return 'npx millrace';
  if (basename(path) === 'millrace' || path === '') return 'millrace';
  const nearest = fromHere(path);
  return `node ${shellWord(nearest.startsWith('..') ? path : nearest)}`;
}

function fromHere(path: string): string {
  try {
    return relative('', path);
  } catch {
    // The working directory is gone; whoever needs it reports that.
    return path;
  }
}

/** A command in the caller's words, with the flags that it takes. */
export function asCalled({ program, flags }: Invocation, words: string): string {
  const [name = ''] = words.split(' ', 1);
  const taken = flags.filter((flag) => takesServer(name) || !flag.startsWith('--server '));
  return [program, words, ...taken].join(' ');
}

/** The same, valid in every directory: elsewhere npx finds other packages, and other data directories are nearer. */
export function asCalledAnywhere(from: Invocation, dataDir: string, words: string): string {
  const program =
    from.program === 'millrace'
      ? from.program
      : `node ${shellWord(resolve(process.argv[1] ?? ''))}`;
  const others = from.flags.filter((flag) => !flag.startsWith('--data-dir '));
  const flags = [`--data-dir ${shellWord(resolve(dataDir))}`, ...others];
  return asCalled({ program, flags }, words);
}

/** Commands that talk to no server, or to that of the data directory alone. */
const withoutAddress: ReadonlySet<string> = new Set([
  ...['dev', 'stop', 'doctor'],
  ...['init', 'plan', 'explain'],
]);

/** @param name  a command of the program: not one of its own commands */
export function takesServer(name: string): boolean {
  return !withoutAddress.has(name);
}

/** The commands in backticks of a text, as the caller would write them, with what the caller gave. */
export function pasteable(text: string, invocation: Invocation): string {
  const { given = {} } = invocation;
  const called = (_: string, words: string) => {
    const filled = words.replace(
      /(?<![^ ])[A-Z]+(?![^ ])/g,
      (word) => given[word] ?? placeholders[word] ?? word,
    );
    return `\`${asCalled(invocation, filled.replace(/ +/g, ' ').trim())}\``;
  };
  return text.replace(/`millrace ([^`]+)`/g, called);
}
