import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { runGit } from './run-git.ts';

/** Lets git run a command of the shell: $PPID is git itself. */
const shell = (command: string, abort = new AbortController().signal) =>
  runGit(tmpdir(), ['-c', `alias.x=!${command}`, 'x'], { abort, allowsFiles: false });

it('returns what git prints', async () => {
  expect(await shell('echo text')).toBe('text\n');
});

it.each([
  ['before it begins', AbortSignal.abort(new Error('enough'))],
  ['while it works', undefined],
])(
  'throws the reason of an abort %s, at once',
  async (_, aborted) => {
    const later = new AbortController();
    const call = shell('sleep 20', aborted ?? later.signal);
    setTimeout(() => later.abort(new Error('enough')), 300);
    await expect(call).rejects.toThrow('enough');
  },
  10_000,
);

/** The kernel's signals: the first where a limit is soft, the second where it is hard, or the machine has no memory left. */
it.each(['XCPU', 'KILL'])('says that git met its limits where a SIG%s ended it', async (name) => {
  await expect(shell(`kill -${name} $PPID; sleep 1`)).rejects.toMatchObject({
    code: 'source.invalid',
    message: `git needs more than 2 GiB of memory or 1200 s of CPU for it: it ended with SIG${name}`,
  });
});

it.each([
  ['a signal of another kind', 'kill -TERM $PPID; sleep 1', 'git says: it ended with SIGTERM'],
  ['a no', 'echo no >&2; exit 1', 'git says: no'],
])('says what git says after %s', async (_, command, message) => {
  await expect(shell(command)).rejects.toMatchObject({ code: 'source.fetch-failed', message });
});
