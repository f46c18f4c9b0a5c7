import { foreignVariableHint } from './foreign-names.ts';

const hints: Readonly<Record<string, string>> = {
  secrets: 'secrets are not supported by this version',
  matrix: 'there is no matrix in this version: write one step for each value',
  strategy: 'there is no matrix in this version: write one step for each value',
  steps: 'a step passes on files: write one to the workspace, all steps of a run share it',
  needs: 'a step passes on files: write one to the workspace, all steps of a run share it',
  jobs: 'a step passes on files: write one to the workspace, all steps of a run share it',
  runner: 'ask the machine in cmd: uname -s, uname -m; /tmp is there for files',
  job: 'a step cannot ask how others ended: it starts when what it depends on ended well',
  run: 'the run is told by the variables MILLRACE_RUN_ID and MILLRACE_RUN_NUMBER',
};

/**
 * What to write instead of a reference of the wider language or of another system, by its first name.
 *
 * @param rest  what follows it, such as `event.head_commit`
 * @returns undefined where the name is nobody's
 */
export function foreignReferenceHint(namespace: string, rest: string): string | undefined {
  if (namespace === 'env') return /^\w+$/.test(rest) ? `write $${rest}` : 'write $NAME';
  if (namespace === 'github' || namespace === 'gitea' || namespace === 'forgejo') {
    if (rest === 'event_name' || rest.startsWith('event.inputs'))
      return 'declare what a run is told at its start under "inputs"';
    if (rest === 'event.head_commit.message') return 'write $MILLRACE_COMMIT_MESSAGE in cmd';
    const hint = foreignVariableHint(`GITHUB_${rest.replaceAll('.', '_').toUpperCase()}`);
    return hint.startsWith('write $') ? `${hint} in cmd` : hint;
  }
  return Object.hasOwn(hints, namespace) ? hints[namespace] : undefined;
}
