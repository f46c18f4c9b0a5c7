// biome-ignore-all lint/suspicious/noTemplateCurlyInString: other systems' references
import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

const found = (line: string) =>
  compilePipeline(`name: t\nsteps:\n  - id: a\n    cmd: x\n    ${line}\n`).diagnostics.map(
    ({ line: at, column, code, hint }) => `${at}:${column} ${code} ${hint ?? ''}`,
  );

it.each([
  [
    'environment: { name: prod, url: "https://x" }',
    '5:5 schema.foreign-value there are no deployments yet: leave it out; variables stand in "env"',
  ],
  [
    'environment: production',
    '5:18 schema.type there are no deployments yet: leave it out; variables are a map: NAME: value',
  ],
  ['environment: [A=1]', '5:18 schema.type write NAME: value, one below the other'],
  ['environment: { T: { from_secret: t } }', '5:23 schema.type steps get no secrets yet'],
  [
    'variables: { T: { value: t } }',
    '5:21 schema.type write NAME: value; what is given when a run starts is declared under inputs',
  ],
  [
    'runs-on: { group: g }',
    '5:5 schema.foreign-value write labels: a list of what the executor must have',
  ],
  [
    'runs-on: ubuntu-24.04',
    '5:14 lint.hosted-runner leave the key out: every executor may take the step then',
  ],
  ['container: { image: x }', '5:16 schema.type write the name alone, such as image: node:22'],
  ['image: { name: x }', '5:12 schema.type write the name alone, such as image: node:22'],
  [
    'allow_failure: { exit_codes: [1] }',
    '5:20 schema.type write true: every exit code is allowed then',
  ],
  [
    'continue-on-error: ${{ matrix.x }}',
    '5:24 schema.type it is fixed in the file: write true or false',
  ],
  ['timeout-minutes: "10"', '5:22 schema.type write timeout: 10m'],
  ['timeout-minutes: ${{ inputs.x }}', '5:22 schema.type write timeout: 10m'],
  ['timeout: 3 hours 30 minutes', '5:14 schema.duration write 3h30m'],
  ['timeout: 1 day', '5:14 schema.duration write 1d'],
  ['timeout: 2 hours, 5 minutes', '5:14 schema.duration write 2h5m'],
])('%s', (line, expected) => {
  expect(found(line)).toEqual([expected]);
});

it.each([
  'environment: { name: a, NODE_ENV: test }',
  'environment: { url: a }',
  'env: { name: a, url: b }',
  'timeout-minutes: 10',
  'continue-on-error: true',
  'runs-on: [self-hosted, linux]',
])('takes %s as it is', (line) => {
  expect(found(line)).toEqual([]);
});

it('finds a place of deployment at the top and in defaults, too', () => {
  const codes = compilePipeline(
    'name: t\nenvironment: {name: a}\ndefaults: {environment: {name: a}}\nsteps: [{id: a, cmd: x}]\n',
  ).diagnostics.map(({ line, code }) => [line, code]);
  expect(codes).toEqual([
    [2, 'schema.foreign-value'],
    [3, 'schema.foreign-value'],
  ]);
});

it('says what a map of steps should be', () => {
  const { diagnostics } = compilePipeline('name: t\nsteps:\n  build: { cmd: x }\n');
  expect(diagnostics).toMatchObject([
    { line: 3, code: 'schema.type', hint: 'write a list: each step begins with "- id: NAME"' },
  ]);
});

it.each([
  ['- curl -H X: y z', 'schema.type'],
  ['echo a: b', 'yaml.syntax'],
])('says why `%s` is no text', (command, code) => {
  const { diagnostics } = compilePipeline(
    `name: t\nsteps:\n  - id: a\n    cmd: ${command.startsWith('-') ? '\n      ' : ''}${command}\n`,
  );
  const [first] = diagnostics;
  expect([first?.code, first?.hint]).toEqual([
    code,
    expect.stringMatching(/put all of it in quotes/),
  ]);
});
