import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

it.each([
  [
    'on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n      - run: make\n',
    2,
    'this is a workflow of GitHub Actions, not a Millrace pipeline',
  ],
  ['jobs:\n  call:\n    uses: a/b/.github/workflows/c.yml@v1\n', 1, /GitHub Actions/],
  ['name: a\nruns:\n  using: composite\n  steps: []\n', 2, /action of GitHub Actions/],
  [
    'stages: [a]\nbuild:\n  stage: a\n  script: [make]\n',
    2,
    'this is a pipeline of GitLab CI, not a Millrace pipeline',
  ],
  [
    'image: node\n.base: &base\n  before_script: [x]\ntest: { extends: .base, script: y }\n',
    2,
    /GitLab CI/,
  ],
  ['include:\n  - local: a.yml\n', 1, /GitLab CI/],
  ['stages: [a, b]\n', 1, /GitLab CI/],
  [
    'when: { event: push }\nsteps:\n  - name: a\n    image: golang\n    commands: [go build]\n  - name: b\n    image: plugins/docker\n    settings: {}\n',
    2,
    'this is a workflow of Woodpecker, not a Millrace pipeline',
  ],
  ['steps:\n  a:\n    image: golang\n    commands: [go build]\n', 1, /Woodpecker/],
  ['pipeline:\n  a:\n    image: golang\n    commands: [go build]\n', 1, /Woodpecker/],
  ['kind: pipeline\ntype: docker\nname: default\nsteps: []\n', 1, /Drone/],
  ['version: 2.1\njobs: { a: { docker: [] } }\nworkflows: {}\n', 2, /CircleCI/],
])('says once whose file it is: %j', (text, line, message) => {
  const { ok, diagnostics } = compilePipeline(text);
  expect(ok).toBe(false);
  expect(diagnostics).toMatchObject([{ code: 'schema.foreign-file', line, column: 1 }]);
  expect(diagnostics[0]?.message).toMatch(message);
  expect(diagnostics[0]?.hint).toContain('millrace init');
});

it.each([
  ['a file with steps of ours', 'jobs: {}\non: push\nname: a\nsteps: [{ id: a, cmd: x }]\n'],
  ['a step with an image', 'name: a\nsteps: [{ name: b, image: x, commands: y }]\n'],
  ['steps with ids', 'steps: [{ id: b, image: x, commands: y }]\n'],
  ['a typing error', 'step: [{ id: b, cmd: y }]\nname: a\n'],
  ['a list', '- a\n'],
])('answers key by key for %s', (_, text) => {
  const codes = compilePipeline(text).diagnostics.map(({ code }) => code);
  expect(codes).not.toContain('schema.foreign-file');
  expect(codes).not.toEqual([]);
});

it('knows the tag of GitLab', () => {
  const { diagnostics } = compilePipeline('build:\n  script: !reference [.a, script]\n');
  expect(diagnostics).toMatchObject([
    { code: 'yaml.tag', line: 2, hint: expect.stringContaining('GitLab') },
  ]);
});
