// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the files speak the pipeline's own references
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freshDirectory, millrace } from './harness.ts';

const directory = freshDirectory();
const cwd = directory.path;
afterAll(() => directory.remove());

const step = (id: string, rest = '') => `  - { id: ${id}, cmd: "true"${rest} }\n`;
const deep = `name: ${'['.repeat(5_000)}${']'.repeat(5_000)}\n`;
const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
  .split('')
  .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]\n`)
  .join('')}name: x\nsteps: []\n`;

const files: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['empty', '', 'yaml.empty'],
  ['a comment', '# nothing\n', 'yaml.empty'],
  ['binary', Uint8Array.from({ length: 4096 }, (_, at) => (at * 37) % 256), 'yaml.'],
  ['Latin-1', Buffer.from('name: caf\xe9\n', 'latin1'), 'yaml.encoding'],
  ['10 MB', `name: x\n# ${'x'.repeat(10_000_000)}\n`, 'limit.bytes'],
  ['an alias bomb', bomb, 'limit.'],
  ['5,000 levels', deep, 'limit.depth'],
  ['tabs', 'name: x\nsteps:\n\t- id: a\n', 'yaml.'],
  [
    'a duplicate key',
    'name: x\nname: y\nsteps:\n  - { id: a, cmd: "true" }\n',
    'yaml.duplicate-key',
  ],
  ['__proto__', `name: x\n__proto__: { a: 1 }\nsteps:\n${step('a')}`, 'schema.reserved-key'],
  ['two documents', `name: x\nsteps:\n${step('a')}---\nname: y\n`, 'yaml.'],
  ['a list', '- a\n- b\n', 'schema.type'],
  ['no steps', 'name: x\nsteps: []\n', 'schema.'],
  ['an unknown key', `name: x\nsteps:\n  - { id: a, cmdd: "true" }\n`, 'schema.unknown-key'],
  ['a wrong type', `name: x\nsteps:\n  - { id: a, cmd: "true", timeout: [1] }\n`, 'schema.'],
  ['a malformed id', `name: x\nsteps:\n${step('A!')}`, 'step.malformed-id'],
  ['a duplicate id', `name: x\nsteps:\n${step('a')}${step('a')}`, 'step.duplicate-id'],
  [
    'an unknown dependency',
    `name: x\nsteps:\n${step('build')}${step('b', ', depends_on: [biuld]')}`,
    'graph.unknown-dependency',
  ],
  [
    'a cycle',
    `name: x\nsteps:\n${step('a', ', depends_on: [c]')}${step('b', ', depends_on: [a]')}${step('c', ', depends_on: [b]')}`,
    'graph.cycle',
  ],
  [
    'an undeclared variable',
    'name: x\nsteps:\n  - { id: a, cmd: "echo ${{ vars.NOPE }}" }\n',
    'ref.undeclared-var',
  ],
  [
    'an undeclared input',
    'name: x\nsteps:\n  - { id: a, cmd: "echo ${{ inputs.nope }}" }\n',
    'ref.undeclared-input',
  ],
];

describe('a pipeline file with', () => {
  it.each(files)('%s is refused with a place and a code', async (_, content, code) => {
    writeFileSync(join(cwd, 'bad.yaml'), content);
    const answer = await millrace(['validate', 'bad.yaml'], { cwd });
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({ code: 2, stderr: '' });
    const [first = ''] = answer.stdout.split('\n');
    expect(first).toMatch(/^bad\.yaml:\d+:\d+: (error|warning) .+ \[[a-z]+\.[a-z-]+\]$/);
    expect(answer.stdout).toContain(`[${code}`);
  });

  it.each(files.slice(-5))(
    '%s is refused by run, before anything starts',
    async (_, content, code) => {
      writeFileSync(join(cwd, 'bad.yaml'), content);
      const answer = await millrace(['run', 'bad.yaml'], { cwd });
      expect(answer.code).toBe(2);
      expect(answer.stderr).toMatch(new RegExp(`bad\\.yaml:\\d+:\\d+: error .*\\[${code}`));
    },
  );

  it('a cycle is printed with its path, a typo with what was meant', async () => {
    writeFileSync(join(cwd, 'bad.yaml'), files.find(([name]) => name === 'a cycle')?.[1] ?? '');
    expect((await millrace(['validate', 'bad.yaml'], { cwd })).stdout).toMatch(
      /a → \w → \w → a|a → .* → a/,
    );
    writeFileSync(
      join(cwd, 'bad.yaml'),
      files.find(([name]) => name === 'an unknown dependency')?.[1] ?? '',
    );
    expect((await millrace(['validate', 'bad.yaml'], { cwd })).stdout).toContain('build');
  });

  it('problems answers as JSON too, over all files', async () => {
    writeFileSync(join(cwd, 'bad.yaml'), 'name: x\nsteps:\n  - { id: a, cmdd: "true" }\n');
    writeFileSync(join(cwd, 'good.yaml'), `name: x\nsteps:\n${step('a')}`);
    const answer = await millrace(['validate', 'good.yaml', 'bad.yaml', 'nosuch.yaml', '--json'], {
      cwd,
    });
    expect(answer.code).toBe(2);
    const { valid, diagnostics } = JSON.parse(answer.stdout) as {
      valid: boolean;
      diagnostics: { code: string; file: string; line: number; column: number; severity: string }[];
    };
    expect(valid).toBe(false);
    expect(diagnostics.find(({ code }) => code === 'schema.unknown-key')).toMatchObject({
      code: 'schema.unknown-key',
      file: 'bad.yaml',
      line: 3,
      severity: 'error',
    });
    expect(diagnostics.at(-1)).toMatchObject({ code: 'file.unreadable', file: 'nosuch.yaml' });
    expect((await millrace(['validate', 'good.yaml'], { cwd })).code).toBe(0);
  });
});
