import { basename, relative } from 'node:path';
import { inheritedEnvironment } from '#libs/config';

/** How the caller reached this command, so that what is printed can be pasted. */
export interface Invocation {
  /** `millrace`, `npx millrace`, `node PATH`. */
  readonly program: string;
  /** The flags that say which server is meant, each with its value, as they were given. */
  readonly flags: readonly string[];
}

/** @param options  as commander read them, wherever they stood */
export function invocationOf(options: Readonly<Record<string, unknown>>): Invocation {
  const flags = [
    ['--data-dir', options.dataDir],
    ['--server', options.server],
  ].flatMap(([flag, value]) => (typeof value === 'string' ? [`${flag} ${shellWord(value)}`] : []));
  return { program: programOf(process.argv[1] ?? '', inheritedEnvironment()), flags };
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
    // The working directory is gone, which is said by who needs it.
    return path;
  }
}

/** A command in the caller's words, with the flags that it takes. */
export function asCalled({ program, flags }: Invocation, words: string): string {
  const [name = ''] = words.split(' ', 1);
  const taken = flags.filter((flag) => takesServer(name) || !flag.startsWith('--server '));
  return [program, words, ...taken].join(' ');
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

/** The commands in backticks of a text, as the caller would write them. */
export function pasteable(text: string, invocation: Invocation): string {
  const called = (_: string, words: string) => `\`${asCalled(invocation, words)}\``;
  return text.replace(/`millrace ([^`]+)`/g, called);
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
