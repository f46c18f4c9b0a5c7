import { spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { initScript, parseStatus } from './init.ts';

describe('parseStatus', () => {
  it.each([
    ['an exit', 'run\n= 7\n', { exitCode: 7, signal: null }],
    ['a high exit code', 'run\n= 137\n', { exitCode: 137, signal: null }],
    ['a signal', 'run\nKilled\n= 137\n', { exitCode: null, signal: 'SIGKILL' }],
    [
      'a signal in many words',
      'run\nsh: 5: Segmentation fault\n= 139\n',
      { exitCode: null, signal: 'SIGSEGV' },
    ],
    [
      'words without a signal',
      'run\nsh: 5: x: Exec format error\n= 126\n',
      { exitCode: 126, signal: null },
    ],
    ['a number that no signal has', 'run\nKilled\n= 255\n', { exitCode: 255, signal: null }],
    ['a first process that was killed', 'run\n', { exitCode: null, signal: 'SIGKILL' }],
    ['a torn status', 'run\n= 7', { exitCode: null, signal: 'SIGKILL' }],
    ['nothing', '', { exitCode: null, signal: 'SIGKILL' }],
  ])('reads %s', (_, said, status) => {
    expect(parseStatus(said)).toEqual(status);
  });
});

describe('the first process', () => {
  async function speak(argv: readonly string[], line: string | null) {
    const child = spawn('/bin/sh', ['-c', initScript, 'millrace', ...argv], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const [control, stdout, stderr] = [child.stdio[3] as Duplex | null, child.stdout, child.stderr];
    if (!control || !stdout || !stderr) throw new Error('no pipes');
    if (line === null) control.end();
    else control.write(line);
    const text = async (stream: Readable) => {
      let all = '';
      for await (const chunk of stream) all += String(chunk);
      return all;
    };
    const [said, out, err] = await Promise.all([text(control), text(stdout), text(stderr)]);
    return { said, out, err };
  }

  it('runs the step with its arguments as they are, and tells its status', async () => {
    const argv = ['/bin/sh', '-c', 'echo "$1"; echo bad >&2; exit 3', 'x', ' a  "b" $c '];
    expect(await speak(argv, 'go\n')).toEqual({
      said: 'run\n= 3\n',
      out: ' a  "b" $c \n',
      err: 'bad\n',
    });
  });

  it('runs nothing when the other side goes away first', async () => {
    expect(await speak(['/bin/echo', 'hello'], null)).toEqual({ said: '', out: '', err: '' });
  });

  it('tells a program that is not there', async () => {
    expect((await speak(['/no/such'], 'go\n')).said).toBe('missing /no/such\n');
  });

  it('keeps the name of a signal out of the log, and the socket from the step', async () => {
    const { said, err } = await speak(['/bin/sh', '-c', 'echo x >&3; kill -KILL $$'], 'go\n');
    expect(parseStatus(said)).toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect(err).toMatch(/Bad file descriptor/i);
    expect(err).not.toMatch(/Killed/);
  });
});
