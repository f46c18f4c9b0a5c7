import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { commandEcho, commandScript } from './command-script.ts';

function run(...commands: string[]): { code: number | null; out: string } {
  const script = commandScript(commands);
  const { status, stdout } = spawnSync('/bin/sh', ['-e'], { input: script, encoding: 'utf8' });
  return { code: status, out: stdout };
}

describe('the script of a step', () => {
  it.each([
    [['echo a', 'echo b'], 0, 'a\nb\n'],
    [['echo a', 'exit 7', 'echo b'], 7, 'a\n'],
    [['false && true', 'echo no'], 1, ''],
    [['(exit 3)', 'echo no'], 3, ''],
    [['if false; then echo x; fi', 'echo yes'], 0, 'yes\n'],
    [['cd /', 'X=1', 'pwd; echo $X'], 0, '/\n1\n'],
    [['echo a # note', 'echo b'], 0, 'a\nb\n'],
    [['echo a \\', 'echo b'], 0, 'a\nb\n'],
    [['cat <<END\ntext\nEND', 'echo b'], 0, 'text\nb\n'],
    [['', 'echo b'], 0, 'b\n'],
    [['exit'], 0, ''],
  ])('%j ends with %i', (commands, code, out) => {
    expect(run(...commands)).toEqual({ code, out });
  });
});

describe('the announcement of a command', () => {
  it('shows each line', () => expect(commandEcho('a\n b\n')).toEqual(['$ a', '>  b']));
  it('is cut', () => expect(commandEcho('x'.repeat(600))[0]).toHaveLength(504));
});
