import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ dataDir: `${directory.path}/data`, sandbox: 'auto' });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

async function logOf(step: string, options: { readonly system?: boolean } = { system: true }) {
  const run = await server.run({ yaml: `name: shells\nsteps:\n  - ${step}\n` });
  const lines = await server.log(run.id, 'a', options);
  return { outcome: run.outcome, code: run.steps[0]?.exitCode, lines };
}
const withoutTimes = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^took .*/, 'took'));

describe('the shell of a step', { timeout: 60_000 }, () => {
  it('is bash with pipefail, and the first line of the log says so', async () => {
    const { outcome, lines } = await logOf('{ id: a, cmd: "false | tee y" }');
    expect(outcome).toBe('failure');
    expect(lines[0]).toMatch(/^shell: bash -eo pipefail(;|$)/);
  });

  it('is sh where the step says so, with a hint for what only bash knows', async () => {
    const { lines } = await logOf(
      '{ id: a, cmd: "if [[ a == a ]]; then echo yes; fi", shell: sh }',
    );
    expect(lines[0]).toMatch(/^shell: sh -e(;|$)/);
    expect(lines.at(-1)).toMatch(/^hint: .*shell: bash/);
  });

  it('is any program with the file of the command', async () => {
    const { outcome, lines } = await logOf(
      `{ id: a, cmd: 'print 6 * 7, "\\n";', shell: [perl, -w, "{0}"] }`,
    );
    expect(outcome).toBe('success');
    expect(lines[0]).toMatch(/^shell: perl -w \{0\}(;|$)/);
    expect(lines).toContain('42');
  });
});

describe('a list of commands', { timeout: 60_000 }, () => {
  it('runs in one shell, each under its own heading and with its time', async () => {
    const { outcome, lines } = await logOf('{ id: a, cmd: ["cd /tmp; X=1", "pwd; echo $X"] }');
    expect(outcome).toBe('success');
    expect(withoutTimes(lines.slice(1))).toEqual([
      '$ cd /tmp; X=1',
      'took',
      '$ pwd; echo $X',
      '/tmp',
      '1',
      'took',
    ]);
  });

  it('ends with the command whose here-document is open: it swallows nothing and is not green', async () => {
    const { outcome, code, lines } = await logOf(
      `{ id: a, cmd: ["cat <<END\\ntext", "echo after\\nEND"] }`,
    );
    expect({ outcome, code }).toEqual({ outcome: 'failure', code: 2 });
    expect(lines.join('\n')).toMatch(/command 1: a here-document .* is not closed/);
    expect(lines).not.toContain('after');
  });

  it.each([
    ['exit 0', 'success'],
    ['[ -f none ] && echo there', 'failure'],
  ])('says where it ended before its last command: %s', async (command, expected) => {
    const { outcome, lines } = await logOf(`{ id: a, cmd: ['${command}', 'echo b', 'echo c'] }`);
    expect(outcome).toBe(expected);
    expect(lines.at(-1)).toBe('1 of 3 commands ran: the step’s shell ended in command 1');
  });

  it('is out of the way of a step that empties its HOME', async () => {
    const { outcome, lines } = await logOf('{ id: a, cmd: ["rm -rf ~/.[!.]* ~/*", "echo two"] }', {
      system: false,
    });
    expect({ outcome, lines }).toEqual({ outcome: 'success', lines: ['two'] });
  });

  it('announces its commands where few files may be open', async () => {
    const { lines } = await logOf('{ id: a, cmd: ["ulimit -n 64", "echo two", "echo three"] }');
    expect(withoutTimes(lines.slice(1))).toEqual([
      ...['$ ulimit -n 64', 'took', '$ echo two', 'two', 'took'],
      ...['$ echo three', 'three', 'took'],
    ]);
  });

  it('traces its commands under `set -x`, and nothing of ours', async () => {
    const { lines } = await logOf('{ id: a, cmd: [set -x, echo a] }', { system: false });
    expect(lines).toEqual(['++ echo a', 'a']);
  });

  it('ends with the command whose quote is open', async () => {
    const { outcome, lines } = await logOf(`{ id: a, cmd: ['echo "open', 'echo " after'] }`);
    expect(outcome).toBe('failure');
    expect(lines).not.toContain('open\necho  after');
  });
});
