// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import type { Node } from './tree.ts';

/** Where a key stands. */
export type Place = 'file' | 'step' | 'defaults' | 'retry' | 'dependency' | 'artifacts';

export interface ForeignKey {
  readonly places: readonly Place[];
  readonly key: string;
  /** Whose word it is; `later` means of the wider language, which this version does not run. */
  readonly of: string;
  /** What to write instead, or that there is nothing like it yet. */
  readonly hint: string;
}

const github = 'GitHub Actions';
const gitlab = 'GitLab CI';
const woodpecker = 'Woodpecker';
const buildkite = 'Buildkite';
const later = 'later';

type Row = readonly [keys: string, of: string, hint: string];

const noMatrix = 'write one step for each value';
const noCondition =
  'every step of the file runs; decide inside cmd, for instance by $MILLRACE_BRANCH';
const noServices = 'start what the step needs in its own cmd';
const noCache = 'HOME stays for the steps of one run; nothing is kept between runs yet';
const noSecrets = 'steps get no secrets yet';
const wholeFirst = 'write its commands first in "cmd"';
const afterAll = 'nothing runs after a step that failed yet; in cmd: trap "COMMAND" EXIT';
const oneWorkspace = 'leave it out: all steps of a run share one workspace';
const noImports = 'repeat a part of the file by an anchor (&name) and <<: *name';
const ownSource =
  'write source: { depth, tags, submodules }; the workspace holds the repository at its commit';
const order = 'write depends_on in the steps, or order: sequential';

const anywhere: readonly Row[] = [
  ['matrix strategy parallel', later, noMatrix],
  ['if when rules', later, noCondition],
  ['only except', gitlab, noCondition],
  ['services', later, noServices],
  ['cache', later, noCache],
  ['secrets', later, noSecrets],
  ['concurrency resource_group', later, 'runs do not wait for each other yet'],
  ['permissions', github, 'leave it out: a step gets no token of a forge'],
  ['id_tokens', gitlab, 'leave it out: a step gets no token of a forge'],
  ['before_script', gitlab, wholeFirst],
  ['after_script', gitlab, afterAll],
  ['interruptible', gitlab, 'leave it out: no run cancels another'],
  ['extends', gitlab, noImports],
  ['include', gitlab, noImports],
  ['stage', gitlab, order],
  ['stages', gitlab, order],
  ['clone skip_clone', woodpecker, ownSource],
  ['volumes', woodpecker, oneWorkspace],
  ['privileged', woodpecker, 'no step has privileges; isolation: none runs it without a sandbox'],
  ['workspace', woodpecker, 'leave it out: every run has a workspace of its own'],
  ['platform', woodpecker, 'write labels: what the executor must have'],
  ['priority deadline preemptible', later, 'the oldest run goes first'],
  ['resources', later, 'an executor gives each step the same limits'],
  ['plugins', later, 'write the commands in "cmd"'],
  ['finally', later, afterAll],
];

const rows: Readonly<Record<Place, readonly Row[]>> = {
  file: [
    ...anywhere,
    [
      'jobs',
      github,
      'write one list "steps", each entry with id and cmd; needs of a job is depends_on',
    ],
    ['runs', github, 'write one list "steps", each entry with id and cmd'],
    ['run-name', github, 'write name'],
    ['default', gitlab, 'write defaults'],
    ['workflow', gitlab, 'write name; what starts a run is not in the file'],
    ['spec', gitlab, 'write inputs'],
    ['trigger', woodpecker, 'leave it out: nothing starts runs by itself yet'],
    ['pipeline', woodpecker, 'write one list "steps", each entry with id and cmd'],
    ['kind type', woodpecker, 'leave it out'],
    ['runs_on', woodpecker, 'leave it out: a run has no other pipeline before it'],
  ],
  step: [
    ...anywhere,
    ['uses with', later, 'there are no actions: write the commands in "cmd"'],
    ['working-directory', github, 'write cd DIRECTORY first in "cmd"'],
    ['directory', woodpecker, 'write cd DIRECTORY first in "cmd"'],
    ['steps', github, 'steps have no steps: write each as an entry of "steps" with depends_on'],
    ['outputs', later, 'a step passes on files: write one to the workspace'],
    ['defaults', github, 'it belongs to the top of the file'],
    ['retries', 'other systems', 'write retry: 3'],
    ['trigger', gitlab, 'no pipeline starts another yet; in cmd: millrace run FILE'],
    ['dependencies', gitlab, oneWorkspace],
    ['coverage', gitlab, 'leave it out: nothing reads figures from the log yet'],
    ['release pages', gitlab, 'write the commands that publish in "cmd"'],
    ['start_in', gitlab, 'write sleep SECONDS in "cmd"'],
    ['inherit', gitlab, 'leave it out: what a step says itself goes before defaults'],
    ['settings', woodpecker, 'there are no plug-ins: write the commands in "cmd", values in "env"'],
    ['from_secret', woodpecker, noSecrets],
    ['detach', woodpecker, 'in cmd: put & behind the command; it ends with the step'],
    ['pull', woodpecker, 'leave it out'],
    ['entrypoint', woodpecker, 'write the command in "cmd"'],
    ['group', woodpecker, order],
    ['ports', woodpecker, noServices],
    ['backend_options', woodpecker, 'leave it out; labels choose an executor'],
    ['approve block input', later, 'no step waits for a person yet'],
    ['reports', later, 'list the report under artifacts'],
    ['sources', later, 'every step runs, whatever has changed'],
    ['wait', buildkite, order],
    ['parallelism', buildkite, noMatrix],
  ],
  defaults: [
    ...anywhere,
    ['run', github, 'write shell: right here; working-directory is cd in "cmd"'],
  ],
  retry: [
    [
      'when',
      gitlab,
      'write on: always is any, script_failure is failure, runner_system_failure is worker_lost, stuck_or_timeout_failure is timeout',
    ],
    ['exit_codes exit_status', gitlab, 'write on: [{ exit: [75] }]'],
    ['automatic', buildkite, 'write max, on and backoff right here'],
    ['manual', buildkite, 'leave it out: millrace retry does it for every step'],
    [
      'limit attempts max_attempts max-attempts',
      'other systems',
      'write max: attempts beyond the first',
    ],
    ['delay', 'other systems', 'write backoff'],
  ],
  dependency: [
    ['job', gitlab, 'write the id of the step: depends_on: [build]'],
    ['step key', buildkite, 'write id'],
    ['artifacts', gitlab, oneWorkspace],
    ['parallel', gitlab, noMatrix],
    ['pipeline project ref', gitlab, 'no run waits for another yet'],
    ['allow_failure', buildkite, 'write it in the step that may fail'],
  ],
  artifacts: [
    ['name', gitlab, 'leave it out: an artifact is named by its path'],
    [
      'expire_in expire expire_at retention-days',
      gitlab,
      'artifacts are kept as long as the server keeps runs',
    ],
    ['when', gitlab, 'leave it out: artifacts are kept whether the step succeeds or not'],
    ['exclude', gitlab, 'write "!PATTERN" among the paths'],
    ['untracked', gitlab, 'write the paths'],
    ['reports', gitlab, 'list the reports under paths'],
    ['expose_as public access', gitlab, 'leave it out'],
    ['path', github, 'write paths'],
  ],
};

/** Every construct of other systems, and of the wider language, that has an answer of its own. */
export const foreignKeys: readonly ForeignKey[] = Object.entries(rows).flatMap(([place, list]) =>
  list.flatMap(([keys, of, hint]) =>
    keys.split(' ').map((key) => ({ places: [place as Place], key, of, hint })),
  ),
);

const byPlace = new Map(foreignKeys.map((row) => [`${row.places[0]} ${row.key}`, row]));

export function foreignKey(key: string, place: Place): ForeignKey | undefined {
  return byPlace.get(`${place} ${key}`);
}

/** Keys by which other systems say what a step does: whoever writes one has not forgotten "cmd". */
export const standsForCommand: readonly string[] = [
  'uses',
  'with',
  'extends',
  'settings',
  'plugins',
  'trigger',
  'approve',
  'block',
  'input',
  'wait',
];

/** The actions that nearly every workflow begins with, and what stands in their place. */
const knownActions: readonly (readonly [RegExp, string])[] = [
  [/^actions\/checkout@/, 'leave the step out: the workspace holds the source already'],
  [
    /^actions\/(?:upload|download)-artifact@/,
    'write artifacts: PATHS in the step that makes them; later steps find them in the workspace',
  ],
  [/^actions\/cache(?:\/\w+)?@/, noCache],
  [
    /\/setup-[\w-]+@|^actions-rs\/toolchain@|^dtolnay\/rust-toolchain@/,
    'the tools are those of the executor: millrace config explain host_path',
  ],
];

/** The hint of a key, by its value where that tells more. */
export function hintOf(row: ForeignKey, value: Node): string {
  if (row.key === 'uses' && value.kind === 'scalar') {
    const known = knownActions.find(([pattern]) => pattern.test(value.written));
    if (known) return known[1];
  }
  if (row.key === 'retries' && value.kind === 'scalar')
    return `write retry: ${value.written.slice(0, 20)}`;
  if (row.key === 'job' && value.kind === 'scalar') {
    return `write the id of the step: depends_on: [${value.written.slice(0, 63)}]`;
  }
  return row.hint;
}
