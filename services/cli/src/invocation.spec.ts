import { Command } from 'commander';
import { expect, it } from 'vitest';
import {
  asCalled,
  asCalledAnywhere,
  givenTo,
  invocationOf,
  pasteable,
  programOf,
} from './invocation.ts';

it.each([
  ['/usr/local/bin/millrace', {}, 'millrace'],
  ['/project/node_modules/.bin/millrace', { npm_command: 'exec' }, 'npx millrace'],
  ['/project/services/cli/bin/millrace.js', { npm_command: 'run-script' }, 'npx millrace'],
  ['/opt/my tools/millrace.js', {}, `node '/opt/my tools/millrace.js'`],
  [`${process.cwd()}/services/cli/bin/millrace.js`, {}, 'node services/cli/bin/millrace.js'],
])('%s with %j is called as %s', (path, environment, program) =>
  expect(programOf(path, environment)).toBe(program),
);

it('is called from every directory by absolute paths', () => {
  const invocation = { program: 'millrace', flags: ['--data-dir x', '--server http://h'] };
  expect(asCalledAnywhere(invocation, 'x', 'run')).toBe(
    `millrace run --data-dir ${process.cwd()}/x --server http://h`,
  );
  expect(asCalledAnywhere({ program: 'npx millrace', flags: [] }, '/x', 'run')).toBe(
    `node ${process.argv[1]} run --data-dir /x`,
  );
});

it('says which server is meant, in words that a shell reads as they are', () => {
  const { flags } = invocationOf({
    dataDir: "it's here",
    server: 'https://ci.example',
    json: true,
  });
  expect(flags).toEqual([`--data-dir 'it'\\''s here'`, '--server https://ci.example']);
  expect(invocationOf({ dataDir: '~root/x' }).flags).toEqual([`--data-dir '~root/x'`]);
  const invocation = { program: 'npx millrace', flags: ['--data-dir x'] };
  expect(asCalled(invocation, 'retry 3 --failed')).toBe(
    'npx millrace retry 3 --failed --data-dir x',
  );
  expect(pasteable('List them with `millrace runs`, or read `millrace.yaml`.', invocation)).toBe(
    'List them with `npx millrace runs --data-dir x`, or read `millrace.yaml`.',
  );
});

it('leaves the address of a server out where a command takes none', () => {
  const invocation = {
    program: 'millrace',
    flags: ['--data-dir x', '--server https://ci.example'],
  };
  expect(asCalled(invocation, 'explain image.unavailable')).toBe(
    'millrace explain image.unavailable --data-dir x',
  );
  expect(asCalled(invocation, 'config explain host_path')).toContain('--server');
});

it('writes a hint with what the caller gave, or what can be pasted without it', () => {
  const program = new Command('millrace');
  program
    .command('logs')
    .argument('<run>')
    .argument('[step]')
    .action((_run, _step, _options, command: Command) => {
      const invocation = { program: 'millrace', flags: [], given: givenTo(command) };
      expect(pasteable('`millrace logs RUN STEP`, `millrace COMMAND --help`', invocation)).toBe(
        "`millrace logs 7 'my step'`, `millrace logs --help`",
      );
    });
  program.parse(['node', 'millrace', 'logs', '7', 'my step']);
  expect.assertions(2);
  const bare = { program: 'millrace', flags: [] };
  expect(pasteable('`millrace logs RUN STEP`, `millrace COMMAND --help`', bare)).toBe(
    '`millrace logs latest`, `millrace --help`',
  );
});
