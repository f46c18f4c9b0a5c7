import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createOutput, printable, printableJson, table } from './output.ts';

/** A command that writes two lines and means to exit with 5. */
const writer = (isWanted: boolean) => `
  const { goOnWithoutReader, handleLostReaders } = await import('${join(import.meta.dirname, 'output.ts')}');
  handleLostReaders();
  if (${isWanted}) goOnWithoutReader();
  for (const line of ['one', 'two']) process.stdout.write(line);
  await new Promise((turn) => setTimeout(turn, 20));
  process.exitCode = 5;
`;

it.each([
  ['wanted unheard', true, 5],
  ['wanted for its words', false, 3],
])('a command that is %s says once that it cannot write', (_, isWanted, status) => {
  const full = openSync('/dev/full', 'w');
  const args = ['--conditions=source', '--no-warnings', '--input-type=module'];
  const ended = spawnSync(process.execPath, [...args, '-e', writer(isWanted)], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  closeSync(full);
  const stderr = 'the output cannot be written: the disk is full\n';
  expect(ended).toMatchObject({ status, stderr });
});

describe('what is printed', () => {
  it.each([
    ['plain ü\ttext\nof two lines', 'plain ü\ttext\nof two lines'],
    ['\u001b[31mred\u001b[39m', '\u001b[31mred\u001b[39m'],
    ['a\u001b[2Jb', 'ab'],
    ['\u001b]0;title\u0007x', 'x'],
    ['over\rwritten', 'over␍written'],
    ['\u009b31m', '\ufffd31m'],
    ['txt.\u202eexe', 'txt.\ufffdexe'],
    ['\u001b[31mred\u001b[39m\nand\u0008', '\u001b[31mred\u001b[39m\u001b[0m\nand␈'],
  ])('of %j is %j', (text, expected) => expect(printable(text)).toBe(expected));

  it('keeps a table’s cell in its row', () => {
    expect(table([['NAME'], ['a\nforged'], ['\u001b[31mred']])).toBe('NAME\na␊forged\nred');
  });

  it('as JSON says the same and moves nothing', () => {
    const value = { name: 'a\u009b2J\u202e\u007fü' };
    const text = printableJson(value);
    expect(text).toBe('{"name":"a\\u009b2J\\u202e\\u007fü"}');
    expect(JSON.parse(text)).toEqual(value);
  });

  it('beside the answer makes room first, and names commands as the caller would', () => {
    const written: unknown[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(text) > 0);
    const output = createOutput(false, { program: 'npx millrace', flags: ['--data-dir x'] });
    output.makeRoom = () => void written.push('room');
    output.note('`millrace run` takes it');
    vi.restoreAllMocks();
    expect(written).toEqual(['room', '`npx millrace run --data-dir x` takes it\n']);
  });

  it('is made safe by whatever way it goes out', () => {
    const written: unknown[] = [];
    for (const stream of [process.stdout, process.stderr])
      vi.spyOn(stream, 'write').mockImplementation((text) => written.push(text) > 0);
    const output = createOutput(false, { program: 'millrace', flags: [] });
    for (const say of [output.line, output.part, output.note]) say('a\u001b]0;title\u0007b');
    output.json('a\u009b');
    vi.restoreAllMocks();
    expect(written).toEqual(['ab\n', 'ab', 'ab\n', '"a\\u009b"\n']);
  });
});
