import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { PlanShell } from '#libs/events';
import { commandEcho, commandFiles } from './command-files.ts';
import { stepShell } from './step-shell.ts';

const root = mkdtempSync(join(tmpdir(), "millrace it's-"));
afterAll(() => rmSync(root, { recursive: true }));
const bash = ['/usr/bin/bash', '/bin/bash'].find((path) => existsSync(path));

function run(commands: readonly string[], asked?: PlanShell) {
  const dir = mkdtempSync(join(root, 'step-'));
  for (const name of ['work', 'files']) mkdirSync(join(dir, name));
  const shell = stepShell(asked, bash);
  const { files, argv } = commandFiles(commands, {
    directory: join(dir, 'files'),
    shell,
    mark: (n) => `<${n}>`,
  });
  for (const { name, text } of files) writeFileSync(join(dir, 'files', name), text);
  const [program = '', ...args] = argv;
  const options = { encoding: 'utf8', cwd: join(dir, 'work') } as const;
  const { status, stdout, stderr } = spawnSync(program, args, options);
  return { code: status, out: stdout.replace(/<\d+>/g, ''), marks: stdout, err: stderr };
}

describe.each(['bash', 'sh'] as const)('the files of a step in %s', (shell) => {
  it.each([
    [['echo a', 'echo b'], 0, 'a\nb\n'],
    [['echo a', 'exit 7', 'echo b'], 7, 'a\n'],
    [['false && true'], 1, ''],
    [['false && true', 'echo no'], 1, ''],
    [['(exit 3)', 'echo no'], 3, ''],
    [['set +e; false', 'echo no'], 1, ''],
    [['if false; then echo x; fi', 'echo yes'], 0, 'yes\n'],
    [['cd /', 'X=1; f() { echo f; }', 'pwd; echo $X; f'], 0, '/\n1\nf\n'],
    [['echo a # note', 'echo b'], 0, 'a\nb\n'],
    [['echo a \\', 'echo b'], 0, 'a\nb\n'],
    [['echo a \\'], 0, 'a\n'],
    [['cat <<END\ntext\nEND', 'echo b'], 0, 'text\nb\n'],
    [['cat <<END\ntext\nEND'], 0, 'text\n'],
    [['echo $((1<<3))', 'echo b'], 0, '8\nb\n'],
    [['', 'echo b'], 0, 'b\n'],
    [['exit'], 0, ''],
    [['trap "echo bye" EXIT', 'exit 4'], 4, 'bye\n'],
    [['exec >/dev/null', 'echo hidden', 'echo hidden'], 0, ''],
    [['set +e; IFS=3', 'return 3'], 3, ''],
    [['set +e; IFS=3', 'cat <<END\ntext\nEND\n(exit 3)'], 3, 'text\n'],
    [['trap "echo bye" EXIT; set -v', 'exit 4'], 4, 'bye\n'],
  ])('%j ends with %i', (commands, code, out) => {
    expect(run(commands, shell)).toMatchObject({ code, out });
  });

  it.each([
    ['an open here-document', 'cat <<END\ntext'],
    ['an open double quote', 'echo "open'],
    ['an open single quote', "echo 'open"],
    ['an open block', 'if true; then'],
  ])('%s is an error of its command and swallows nothing', (_, command) => {
    const { code, out, err } = run(['echo before', command, `echo after\nEND\n"'fi`], shell);
    expect(code).toBe(2);
    expect(out).toMatch(/^before\n/);
    expect(out).not.toContain('after');
    expect(err).toMatch(/command[- ]2/);
  });

  it('a command alone with an open here-document is an error', () => {
    const { code, out, err } = run(['cat <<END\ntext'], shell);
    expect(code).toBe(2);
    // It takes the line of ours that stands behind it, which therefore says what it is.
    expect(out).toMatch(
      /^text\n\n.*# by Millrace: a here-document above that has no end mark takes/,
    );
    expect(err).toMatch(/a here-document \(<<\) is not closed/);
  });

  it('finds an open here-document where the command itself changes how the rest is read', () => {
    const command =
      shell === 'bash'
        ? 'shopt -s extglob\necho @(a|b)\ncat <<EOF\nmake test'
        : "alias x='cat <<EOF'\nx\nmake test";
    expect(run([command], shell).code).toBe(2);
    expect(run(['true', command, 'echo after'], shell).code).toBe(2);
    expect(run([`${command}\nEOF`, 'echo after'], shell)).toMatchObject({
      code: 0,
      out: expect.stringContaining('after'),
    });
  });

  it.each(['-c true || echo fallback', '+x || echo fallback', '-- || echo fallback'])(
    'a command alone that looks like an option is a command: %s',
    (command) => expect(run([command], shell).out).toBe('fallback\n'),
  );

  it('a command alone of any length is run', () => {
    const command = `echo ${'x'.repeat(200_000)} | wc -c`;
    expect(run([command], shell).out).toBe('200001\n');
  });

  it('keeps the status of a command with a here-document, and takes its `return`', () => {
    const text = 'cat <<END\ntext\nEND';
    expect(run([`${text}\nfalse && true`, 'echo no'], shell)).toMatchObject({ code: 1 });
    expect(run([`${text}\nset +e\n(exit 3)`, 'echo no'], shell)).toMatchObject({ code: 3 });
    expect(run([`${text}\necho a \\`, 'echo b'], shell).out).toBe('text\na\nb\n');
    expect(run([`${text}\nreturn 0\necho no`, 'echo b'], shell).out).toBe('text\nb\n');
    expect(run([`${text}\nreturn 4`, 'echo no'], shell).code).toBe(4);
  });

  it('each command is announced, wherever the output of the one before was turned', () => {
    expect(run(['printf a', 'printf b'], shell).marks).toBe('<1>a<2>b');
    if (shell === 'bash') expect(run(['exec >f', 'echo b'], shell).marks).toBe('<1><2>');
    expect(run(['exec >&-', ':', ':'], shell).code).toBe(0);
  });

  it('traces what the commands do, and nothing of ours', () => {
    const trace = (commands: readonly string[], asked: PlanShell = shell) =>
      // Bash has a sign for each file within a file.
      run(commands, asked).err.replace(/^\++ /gm, '+ ');
    expect(trace(['set -x', 'echo a', 'cat <<E\nb\nE', 'set +x', 'echo c'])).toBe(
      '+ echo a\n+ cat\n+ set +x\n',
    );
    expect(trace(['set -x; trap "echo bye" EXIT', 'false && true'])).not.toMatch(/millrace|case/);
    expect(trace(['trap "echo bye" EXIT; set -x', 'true'])).toBe('+ true\n+ echo bye\n');
    expect(trace(['echo a', 'echo b'], [shell, '-ex', '{0}'])).toBe('+ echo a\n+ echo b\n');
    expect(run(['set -x', 'echo $-'], shell).out).toContain('x');
    expect(trace(['true', 'no-such-program'])).toMatch(/command-2: (?:line 1: )?no-such-/);
  });

  it('words of ours keep their meaning, whatever aliases a command makes', () => {
    const expand = shell === 'bash' ? 'shopt -s expand_aliases; ' : '';
    const aliases = ['exit', 'command', 'set', '.', 'printf'].map((word) => `alias ${word}=:`);
    for (const alias of aliases)
      expect(run([`${expand}${alias}`, 'set +e', 'false', 'echo no'], shell).code).toBe(1);
  });

  it('shows what `set -v` shows of the commands, and nothing of ours', () => {
    const { err, marks } = run(['set -v', 'echo a\necho b', 'echo $-'], shell);
    expect(err).not.toMatch(/millrace|printf/);
    expect(err).toContain('echo b\n');
    expect(marks).toMatch(/^<1><2>a\nb\n<3>\w*v\w*\n$/);
  });

  it.each([64, 16])('runs and announces all where %i files may be open', (limit) => {
    const { marks, code } = run([`ulimit -n ${limit}`, 'echo b', 'echo c'], shell);
    expect({ marks, code }).toEqual({ marks: '<1><2>b\n<3>c\n', code: 0 });
  });

  it('nothing of ours is left open to what a command starts', () => {
    const alone = run(['ls /proc/self/fd'], shell).out;
    expect(run(['ls /proc/self/fd', 'true'], shell).out).toBe(alone);
  });
});

describe('bash', () => {
  it('ends although a command has a function `exit`', () =>
    expect(run(['set +e; exit() { :; }', 'false', 'echo no'], 'bash')).toMatchObject({
      code: 1,
      out: '',
    }));

  it('lets a DEBUG trap see nothing of ours', () => {
    const { out, code } = run(['trap \'echo "D:$BASH_COMMAND"\' DEBUG; true', 'echo a'], 'bash');
    expect({ out, code }).toEqual({ out: 'D:true\na\n', code: 0 });
  });
});

describe('a shell', () => {
  it('of bash ends at the first failure in a pipe; sh does not', () => {
    expect(run(['false | cat']).code).toBe(bash ? 1 : 0);
    expect(run(['false | cat', 'echo no'], 'bash')).toMatchObject({ code: 1, out: '' });
    expect(run(['false | cat'], 'sh').code).toBe(0);
  });

  it('is any program', () => {
    expect(run(['print "perl\\n"; exit 3'], ['perl', '-w', '{0}'])).toMatchObject({
      code: 3,
      out: 'perl\n',
    });
    expect(run(['x'], ['no-such-program', '{0}']).code).toBe(127);
  });

  it('with flags of its own runs lists as well', () => {
    const asked = ['bash', '-eu', '{0}'];
    expect(run(['cd /', 'cat <<E\n$PWD\nE', 'echo $none'], asked)).toMatchObject({
      code: 1,
      out: '/\n',
    });
    expect(run(['cat <<E\nopen', 'echo no'], asked)).toMatchObject({
      code: 2,
      out: expect.not.stringContaining('no\n'),
    });
  });

  it('that is started by a shell of the step itself runs lists as well', () => {
    const asked = ['/bin/sh', '-c', '. "$0"', '{0}'];
    expect(run(['cat <<E\nwhole\nE', 'echo b'], asked)).toMatchObject({
      code: 0,
      out: 'whole\nb\n',
    });
    expect(run(['echo a', 'cat <<E\nopen', 'echo no'], asked).code).toBe(2);
  });

  it('says what it is', () => {
    expect(stepShell(undefined, '/bin/bash').title).toBe('bash -eo pipefail');
    expect(stepShell(undefined, undefined).title).toBe('sh -e (there is no bash)');
    expect(stepShell('sh', '/bin/bash').title).toBe('sh -e');
    expect(stepShell(['python3', '{0}'], undefined).title).toBe('python3 {0}');
  });
});

describe('the announcement of a command', () => {
  it('shows each line', () => expect(commandEcho('a\n b\n')).toEqual(['$ a', '>  b']));
  it('is cut', () => expect(commandEcho('x'.repeat(600))[0]).toHaveLength(504));
});
