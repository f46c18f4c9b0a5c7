// biome-ignore-all lint/suspicious/noTemplateCurlyInString: other systems' variables and references
import { describe, expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

const of = (text: string) =>
  compilePipeline(text).diagnostics.map(
    ({ line, column, code, hint }) => `${line}:${column} ${code} ${hint}`,
  );
/** The command stands at 5:7. */
const inCommand = (command: string, env = '{}') =>
  of(`name: t\nsteps:\n  - id: a\n    cmd: |-\n      ${command}\n    env: ${env}\n`);

describe('variables of other systems', () => {
  it.each([
    ['$CI_COMMIT_SHA', 'write $MILLRACE_COMMIT'],
    ['${CI_COMMIT_SHORT_SHA}', 'write $MILLRACE_COMMIT'],
    ['$GITHUB_SHA', 'write $MILLRACE_COMMIT'],
    ['$DRONE_COMMIT', 'write $MILLRACE_COMMIT'],
    ['"$GITHUB_REF_NAME"', 'write $MILLRACE_BRANCH'],
    ['$CI_COMMIT_BRANCH', 'write $MILLRACE_BRANCH'],
    ['$CI_COMMIT_TAG', 'write $MILLRACE_TAG'],
    ['$GITHUB_REF', 'write $MILLRACE_REF'],
    ['$CI_PROJECT_PATH', 'write $MILLRACE_REPOSITORY'],
    ['$GITHUB_ACTOR', 'write $MILLRACE_AUTHOR'],
    ['$CI_COMMIT_MESSAGE', 'write $MILLRACE_COMMIT_MESSAGE'],
    ['$GITHUB_RUN_ID', 'write $MILLRACE_RUN_ID'],
    ['$CI_PIPELINE_NUMBER', 'write $MILLRACE_RUN_NUMBER'],
    ['$GITHUB_RUN_ATTEMPT', 'write $MILLRACE_ATTEMPT'],
    ['$GITHUB_WORKFLOW', 'write $MILLRACE_PIPELINE'],
    ['$CI_JOB_NAME', 'write $MILLRACE_STEP'],
    ['$CI_PROJECT_DIR', 'write $MILLRACE_WORKSPACE'],
    ['$GITHUB_OUTPUT', 'a step passes on files: write one to the workspace'],
    ['$GITHUB_STEP_SUMMARY', 'write it to standard output'],
    ['$CI_JOB_TOKEN', 'a step gets no token of a forge'],
    ['$CI_SERVER_URL', 'Millrace sets MILLRACE_COMMIT, MILLRACE_BRANCH, MILLRACE_TAG …'],
  ])('%s', (variable, hint) => {
    const column = 12 + variable.indexOf('$');
    expect(inCommand(`echo ${variable}`)).toEqual([`5:${column} lint.foreign-variable ${hint}`]);
  });

  it.each([
    ['the one that is set', 'echo $CI'],
    ['a default', 'echo ${CI_COMMIT_SHA:-$MILLRACE_COMMIT} ${CI_X-} ${CI_Y:+y}'],
    ['a comment', 'make # like $CI_COMMIT_SHA'],
    [
      'one that the step sets',
      'CI_X=1; export CI_Y=2; for CI_Z in 1; do echo $CI_X $CI_Y $CI_Z; done',
    ],
    ['one that it reads', 'read -r CI_X; echo $CI_X'],
    ['an escaped reference', 'echo CI_COMMIT_SHA'],
  ])('leaves %s alone', (_, command) => {
    expect(inCommand(command)).toEqual([]);
  });

  it('leaves declared ones alone', () => {
    expect(inCommand('echo $CI_LEVEL', '{ CI_LEVEL: 1 }')).toEqual([]);
  });

  it('warns once, at the exact place, of one that begins like another', () => {
    expect(inCommand('a $CI_FOO_BAR $CI_FOO $CI_FOO').map((text) => text.split(' ')[0])).toEqual([
      '5:9',
      '5:21',
    ]);
  });

  it('says where values are not filled in', () => {
    const text =
      'name: t\nenv: { A: $GITHUB_SHA }\nsteps: [{ id: a, cmd: x, image: "r/$CI_REPO" }]\n';
    expect(of(text)).toEqual([
      '2:11 lint.foreign-variable write $MILLRACE_COMMIT; only in cmd are variables filled in',
      '3:36 lint.foreign-variable write $MILLRACE_REPOSITORY; only in cmd are variables filled in',
    ]);
  });
});

describe('references of other systems', () => {
  it.each([
    ['github.sha', 'write $MILLRACE_COMMIT in cmd'],
    ['github.ref', 'write $MILLRACE_REF in cmd'],
    ['github.ref_name', 'write $MILLRACE_BRANCH in cmd'],
    ['github.head_ref', 'write $MILLRACE_BRANCH in cmd'],
    ['github.repository', 'write $MILLRACE_REPOSITORY in cmd'],
    ['github.actor', 'write $MILLRACE_AUTHOR in cmd'],
    ['github.run_id', 'write $MILLRACE_RUN_ID in cmd'],
    ['github.run_number', 'write $MILLRACE_RUN_NUMBER in cmd'],
    ['github.workspace', 'write $MILLRACE_WORKSPACE in cmd'],
    ['github.event.head_commit.message', 'write $MILLRACE_COMMIT_MESSAGE in cmd'],
    ['github.event_name', 'declare what a run is told at its start under "inputs"'],
    ['github.event.inputs.x', 'declare what a run is told at its start under "inputs"'],
    ['github.token', 'a step gets no token of a forge'],
    ["github.ref == 'refs/heads/main'", 'write $MILLRACE_REF in cmd'],
    ["format('{0}', github.sha)", 'write $MILLRACE_COMMIT in cmd'],
    ['env.FOO', 'write $FOO'],
    ['secrets.TOKEN', 'secrets are not supported by this version'],
    ['matrix.node', 'there is no matrix in this version: write one step for each value'],
    [
      'steps.a.outputs.b',
      'a step passes on files: write one to the workspace, all steps of a run share it',
    ],
    [
      'needs.a.outputs.b',
      'a step passes on files: write one to the workspace, all steps of a run share it',
    ],
    ['runner.os', 'ask the machine in cmd: uname -s, uname -m; /tmp is there for files'],
    [
      'job.status',
      'a step cannot ask how others ended: it starts when what it depends on ended well',
    ],
  ])('${{ %s }}', (inside, hint) => {
    expect(inCommand(`echo \${{ ${inside} }}`)).toEqual([`5:12 ref.unknown-namespace ${hint}`]);
  });

  it('has no functions', () => {
    expect(inCommand("echo ${{ hashFiles('a.lock') }}")).toEqual([
      '5:12 ref.syntax there are no functions in this version: work it out in cmd',
    ]);
  });
});

it('warns of a reference in a here-document that the shell leaves as it is', () => {
  const text = (delimiter: string) =>
    `name: t\nvars: { A: 1 }\nsteps:\n  - id: a\n    cmd: |\n      cat <<${delimiter}\n      \${{ vars.A }}\n      EOF\n`;
  expect(of(text("'EOF'"))).toEqual([
    '7:7 lint.quoted-heredoc-reference take the quotes off the delimiter, and put \\ before every $ that is to stay',
  ]);
  expect(of(text('EOF'))).toEqual([]);
});
