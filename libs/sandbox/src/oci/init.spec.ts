import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ControlChannel } from './control-channel.ts';
import { initScript, parseStatus, statusLine } from './init.ts';

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

const shells = ['/bin/dash', '/bin/bash'].filter((shell) => existsSync(shell));
const ways = [
  ...shells.map((shell) => [shell, true] as const),
  ...shells.map((shell) => [shell, false] as const),
];

describe.each(ways)(
  'the first process, a %s, with an env that resets signals: %s',
  (shell, resetsSignals) => {
    async function speak(argv: readonly string[], line: string | null) {
      const child = spawn(shell, ['-c', initScript(resetsSignals), 'millrace', ...argv], {
        env: {},
        stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      });
      const [socket, stdout, stderr] = [
        child.stdio[3] as Duplex | null,
        child.stdout,
        child.stderr,
      ];
      if (!socket || !stdout || !stderr) throw new Error('no pipes');
      const control = new ControlChannel(socket);
      const text = async (stream: Readable) => {
        let all = '';
        for await (const chunk of stream) all += String(chunk);
        return all;
      };
      if (line === null) socket.end();
      const first = line === null ? '' : await control.ask(line);
      const said = await control.heard(statusLine);
      control.close();
      const [out, err] = await Promise.all([text(stdout), text(stderr)]);
      return { first, said, out, err };
    }

    it('runs the step with its arguments as they are, and tells its status', async () => {
      const argv = ['/bin/sh', '-c', 'echo "$1"; echo bad >&2; exit 3', 'x', ' a  "b" $c '];
      const { first, said, out, err } = await speak(argv, 'go\n');
      expect({ first, status: parseStatus(said), out, err }).toEqual({
        first: 'run',
        status: { exitCode: 3, signal: null },
        out: ' a  "b" $c \n',
        err: 'bad\n',
      });
    });

    it.each([
      ['exit 3', { exitCode: 3, signal: null }],
      ['exit 141', { exitCode: 141, signal: null }],
      ['kill -TERM $$', { exitCode: null, signal: 'SIGTERM' }],
    ])('waits for the end of a step that was stopped for a while: %s', async (end, status) => {
      const again = '(sleep 0.2; kill -CONT $$) & kill -STOP $$;';
      const { said } = await speak(['/bin/sh', '-c', `${again} ${again} ${end}`], 'go\n');
      expect(parseStatus(said)).toEqual(status);
    });

    it('runs a program whose name holds a "="', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'millrace-a=b-'));
      const program = join(dir, 'true');
      symlinkSync('/bin/echo', program);
      expect((await speak([program, 'x=y', '-n'], 'go\n')).out).toBe('x=y -n\n');
      rmSync(dir, { recursive: true });
    });

    it('runs nothing when the other side goes away first', async () => {
      expect(await speak(['/bin/echo', 'hello'], null)).toMatchObject({
        said: '',
        out: '',
        err: '',
      });
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

    it('tells every signal from the exit code like it, where the shell can', async () => {
      const cannot = shell === '/bin/dash' && !resetsSignals ? ['SIGINT', 'SIGPIPE'] : [];
      for (const signal of ['SIGINT', 'SIGPIPE', 'SIGTERM', 'SIGSEGV'] as const) {
        const code = 128 + constants.signals[signal];
        const killed = await speak(['/bin/sh', '-c', `kill -${signal.slice(3)} $$`], 'go\n');
        expect(parseStatus(killed.said)).toEqual(
          cannot.includes(signal) ? { exitCode: code, signal: null } : { exitCode: null, signal },
        );
        const ended = await speak(['/bin/sh', '-c', `exit ${code}`], 'go\n');
        expect(parseStatus(ended.said)).toEqual({ exitCode: code, signal: null });
      }
    });
  },
);
