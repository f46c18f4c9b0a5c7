import { CommanderError } from 'commander';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgram } from './program.ts';

let said: string;
beforeEach(() => {
  said = '';
  const take = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
});
afterEach(() => void vi.restoreAllMocks());

/** What a call that no command acts on ends with: 0 for help, else a wrong call. */
async function called(...words: readonly string[]): Promise<number> {
  const program = createProgram(() => {});
  const error = await program
    .parseAsync(words, { from: 'user' })
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof CommanderError)) throw error;
  return error.exitCode;
}

it.each([
  ['a command that does not exist', ['rnu'], /unknown command 'rnu' \[usage.invalid\]\n.*run/s],
  [
    'a command that another one does not have',
    ['projections', 'rebuid', 'run-list'],
    /unknown command 'rebuid' of `millrace projections`: did you mean "rebuild"\? \[usage/,
  ],
  [
    'a word where only commands can stand',
    ['executors', '0190'],
    /unknown command '0190' of `millrace executors`: there is drain \[usage.invalid\]/,
  ],
  ['an option that does not exist', ['runs', '--limt', '3'], /unknown option '--limt' \[usage/],
  ['a number that is none', ['runs', '--limit', 'many'], /expected a whole number from 1 to 1000/],
  ['too few arguments', ['cancel'], /missing required argument 'run' \[usage.invalid\]/],
  [
    'a server elsewhere that is to be like one that is started here',
    ['runs', '--server', 'http://h', '--sandbox', 'oci'],
    /cannot be used with option '--sandbox/,
  ],
  [
    'a server elsewhere for a command that is one',
    ['--server', 'http://h', 'dev'],
    /unknown option '--server' of `millrace dev` \[usage.invalid\]/,
  ],
])('refuses %s with a code and how to get help', async (_, words, message) => {
  expect(await called(...words)).not.toBe(0);
  expect(said).toMatch(message);
  expect(said).toMatch(/--help/);
});

it('helps, and names the exit codes', async () => {
  expect(await called('--help')).toBe(0);
  expect(said).toContain('6 not found or not allowed');
  for (const name of ['run', 'dev', 'stop', 'show', 'logs', 'doctor', 'executors'])
    expect(said).toMatch(new RegExp(`^  ${name} `, 'm'));
});

it('tells before a read model skips an event what is lost by it', async () => {
  await called('projections', 'skip', '--help');
  expect(said).toMatch(
    /not shown by this read model[\s\S]*Rebuild the read model first[\s\S]*rebuild tries the event again/,
  );
});

it('shows with each command the options of all, but no --server where it says nothing', async () => {
  await called('runs', '--help');
  expect(said).toContain('--server <url>');
  said = '';
  await called('dev', '--help');
  expect(said).toContain('--data-dir <dir>');
  expect(said).not.toContain('--server <url>');
});
