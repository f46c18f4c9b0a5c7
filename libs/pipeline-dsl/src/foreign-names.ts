/** What Millrace sets, and what carries the same elsewhere: GitHub Actions, GitLab CI, Woodpecker, Drone, Buildkite. */
const sameVariables = {
  MILLRACE_COMMIT: [
    'GITHUB_SHA',
    'CI_COMMIT_SHA',
    'CI_COMMIT_SHORT_SHA',
    'DRONE_COMMIT',
    'DRONE_COMMIT_SHA',
    'BUILDKITE_COMMIT',
  ],
  MILLRACE_REF: ['GITHUB_REF', 'CI_COMMIT_REF', 'DRONE_COMMIT_REF'],
  MILLRACE_BRANCH: [
    'GITHUB_REF_NAME',
    'GITHUB_HEAD_REF',
    'CI_COMMIT_BRANCH',
    'CI_COMMIT_REF_NAME',
    'CI_COMMIT_REF_SLUG',
    'CI_COMMIT_SOURCE_BRANCH',
    'DRONE_BRANCH',
    'DRONE_COMMIT_BRANCH',
    'BUILDKITE_BRANCH',
  ],
  MILLRACE_TAG: ['CI_COMMIT_TAG', 'DRONE_TAG', 'BUILDKITE_TAG'],
  MILLRACE_REPOSITORY: [
    'GITHUB_REPOSITORY',
    'CI_PROJECT_PATH',
    'CI_REPOSITORY_URL',
    'CI_REPO',
    'CI_REPO_CLONE_URL',
    'DRONE_REPO',
    'BUILDKITE_REPO',
  ],
  MILLRACE_AUTHOR: [
    'GITHUB_ACTOR',
    'GITLAB_USER_LOGIN',
    'GITLAB_USER_NAME',
    'CI_COMMIT_AUTHOR',
    'DRONE_COMMIT_AUTHOR',
  ],
  MILLRACE_COMMIT_MESSAGE: ['CI_COMMIT_MESSAGE', 'CI_COMMIT_TITLE', 'DRONE_COMMIT_MESSAGE'],
  MILLRACE_RUN_ID: ['GITHUB_RUN_ID', 'CI_PIPELINE_ID', 'BUILDKITE_BUILD_ID'],
  MILLRACE_RUN_NUMBER: [
    'GITHUB_RUN_NUMBER',
    'CI_PIPELINE_IID',
    'CI_PIPELINE_NUMBER',
    'DRONE_BUILD_NUMBER',
    'BUILDKITE_BUILD_NUMBER',
  ],
  MILLRACE_ATTEMPT: ['GITHUB_RUN_ATTEMPT'],
  MILLRACE_PIPELINE: ['GITHUB_WORKFLOW', 'CI_WORKFLOW_NAME', 'CI_PIPELINE_NAME'],
  MILLRACE_STEP: ['GITHUB_JOB', 'CI_JOB_NAME', 'CI_STEP_NAME', 'DRONE_STEP_NAME'],
  MILLRACE_WORKSPACE: ['GITHUB_WORKSPACE', 'CI_PROJECT_DIR', 'CI_WORKSPACE', 'DRONE_WORKSPACE'],
} as const;
const passing = ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE'];
const tokens = ['GITHUB_TOKEN', 'CI_JOB_TOKEN', 'CI_REGISTRY_PASSWORD'];

const forms = new Map<string, string>([
  ...Object.entries(sameVariables).flatMap(([ours, others]) =>
    others.map((name) => [name, `write $${ours}`] as const),
  ),
  ...passing.map((name) => [name, 'a step passes on files: write one to the workspace'] as const),
  ...tokens.map((name) => [name, 'a step gets no token of a forge'] as const),
  ['GITHUB_STEP_SUMMARY', 'write it to standard output'],
]);

/** What to write instead of another system's variable. */
export function foreignVariableHint(name: string): string {
  return forms.get(name) ?? 'Millrace sets MILLRACE_COMMIT, MILLRACE_BRANCH, MILLRACE_TAG …';
}
