// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import { z } from 'zod';
import { stepIdPattern } from '#libs/events';
import { artifactFilesMax, limits } from './limits.ts';

// The one description of the file's shape: it checks files and makes the JSON Schema for editors. It has no
// transforms, so a value that fits is the AST. The `error` texts end the sentence `"KEY" must be …`.

const text = (expected = 'text') => z.string({ error: expected });
const shortText = (expected = 'text') =>
  text(expected).min(1, 'text that is not empty').max(limits.nameCharsMax);
const list = <T extends z.ZodType>(item: T, expected: string) => z.array(item, { error: expected });

/** Kept as it was written: the reader hands over text; the other types stand here for editors. */
const asWritten = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a single value',
});
const envMap = z
  .record(z.string(), asWritten, { error: 'a map of names and values' })
  .describe('Environment variables. Values are kept as they are written.');

export const durationPattern = /^(?:\d{1,9}(?:ms|s|m|h|d))+$/;
const durationText = 'a duration such as 90s, 10m or 1h30m';
const duration = z
  .string({ error: durationText })
  .regex(durationPattern, durationText)
  .describe('A number with a unit: 500ms, 90s, 10m, 1h30m.');
const minutes = z
  .number({ error: 'a number of minutes' })
  .positive('a number of minutes above 0')
  .describe('Minutes.');

/** What a rule of `retry.on` may be called in the file; `_` and `-` are the same. */
export const retryNames = [
  'any',
  'failure',
  'error',
  'timeout',
  'exit',
  'signal',
  'oom',
  'pids-limit',
  'disk-limit',
  'log-limit',
  'worker-lost',
  'start-failed',
  'source-failed',
] as const;
const retryName = z.enum(
  [...retryNames, ...retryNames.map((name) => name.replaceAll('-', '_'))].filter(
    (name, index, all) => all.indexOf(name) === index,
  ),
  { error: `one of ${retryNames.join(', ').replaceAll('-', '_')}` },
);
const exitCode = z
  .int('an exit code from 1 to 255')
  .min(1, 'an exit code from 1 to 255')
  .max(255, 'an exit code from 1 to 255');
const retryRule = z.union(
  [
    retryName,
    z.strictObject({
      exit: z.union(
        [exitCode, list(exitCode, 'a list of exit codes').min(1, 'at least one exit code')],
        {
          error: 'an exit code or a list of exit codes',
        },
      ),
    }),
  ],
  { error: 'a name such as worker_lost, or { exit: [75] }' },
);
const retryMax = z
  .int('a number from 0 to 10')
  .min(0, 'a number from 0 to 10')
  .max(10, 'a number from 0 to 10');
const retry = z
  .union(
    [
      retryMax,
      z.strictObject({
        max: retryMax.optional(),
        on: z
          .union([retryRule, list(retryRule, 'a list of rules')], {
            error: 'a rule or a list of rules',
          })
          .optional(),
        backoff: duration.optional(),
      }),
    ],
    { error: 'a number from 0 to 10 or a map with max, on and backoff' },
  )
  .describe(
    'Attempts beyond the first, and after what. Default 0; without `on`, after anything but a cancel.',
  );

const label = text('a label').min(1, 'a label').max(limits.nameCharsMax);
const labels = z
  .union(
    [label, list(label, 'a list of labels').max(limits.labelsMax), z.record(z.string(), asWritten)],
    { error: 'a label, a list of labels or a map' },
  )
  .describe('What the executor must have; a map means `key=value`.');

const image = shortText('the name of an image').describe(
  'The root file system: `host` (default) is the machine’s own userland, read-only.',
);
const network = z
  .enum(['none', 'host'], { error: '"none" or "host"' })
  .describe(
    '`none`: the step has only its own loopback interface. `host`: the machine’s network, where the server lets the caller have it. By default what the server gives: `host` to the local administrator, `none` to others.',
  );
const isolation = z
  .enum(['none', 'standard', 'strict'], { error: '"none", "standard" or "strict"' })
  .describe('A floor: an executor that cannot give it refuses the step.');
const streams = z
  .enum(['together', 'separate'], { error: '"together" or "separate"' })
  .describe(
    'Default `together`: stdout and stderr share one pipe, in order. `separate` tells them apart in the log, and their order is lost.',
  );
export const shellExpected = 'bash, sh, or a list such as [python3, "{0}"]';
const shell = z
  .union(
    [
      z.enum(['bash', 'sh'], { error: shellExpected }),
      list(
        text('text').min(1, 'text that is not empty').max(limits.nameCharsMax),
        'a list of texts',
      )
        .min(1, 'a list with at least one text')
        .max(32),
    ],
    { error: shellExpected },
  )
  .describe(
    'What runs the commands: `bash` (`bash -eo pipefail`), `sh` (`sh -e`), or a program with its arguments, in which `{0}` is the file with the command. Default: bash where the image has it, else sh.',
  );
const flag = z.boolean({ error: 'true or false' });

const command = z.union([z.string(), z.boolean()], { error: 'text' });
const cmd = z
  .union([command, list(command, 'a list of texts').min(1, 'a list with at least one command')], {
    error: 'text or a list of texts',
  })
  .describe(
    'Shell commands. A list runs in one shell and stops at the first that fails; each is shown with its own time.',
  );

const id = text().regex(stepIdPattern, 'a step id').describe('Unique; `[a-z][a-z0-9_-]{0,62}`.');
const optionalDependency = flag
  .optional()
  .describe(
    'The step may be missing from the file: the dependency is left out then, with a warning. A step that is there is waited for as any other.',
  );
const dependency = z.union([text(), z.strictObject({ id: text(), optional: optionalDependency })], {
  error: 'a step id or { id, optional }',
});
const dependsOn = z
  .union([dependency, list(dependency, 'a list of step ids')], {
    error: 'a step id or a list of step ids',
  })
  .describe('The steps that must end well before this one starts.');

const artifactPath = text('a path').min(1, 'a path');
const artifactPaths = z.union(
  [artifactPath, list(artifactPath, 'a list of paths').max(limits.artifactsMax)],
  {
    error: 'a path or a list of paths',
  },
);
const artifacts = z
  .union(
    [
      artifactPath,
      list(artifactPath, 'a list of paths').max(limits.artifactsMax),
      z.strictObject({
        paths: artifactPaths,
        over_limit: z.enum(['error', 'warn'], { error: '"error" or "warn"' }).optional(),
      }),
    ],
    {
      error: 'a list of paths or { paths: […] }',
    },
  )
  .describe(
    `Globs relative to the workspace; what matches when the step has ended is kept, up to ${artifactFilesMax} files with 40 KiB of names, and as many bytes as the server takes (artifact_bytes_max, 1 GiB). More is an error; with over_limit: warn the rest is left out with a warning in the log. Many files fit as one archive.`,
  );

const stepShape = {
  id: id.optional(),
  key: id.optional(),
  identifier: id.optional(),
  name: shortText().optional().describe('A title; default the id.'),
  label: shortText().optional(),
  cmd: cmd.optional(),
  run: cmd.optional(),
  command: cmd.optional(),
  commands: cmd.optional(),
  script: cmd.optional(),
  env: envMap.optional(),
  environment: envMap.optional(),
  variables: envMap.optional(),
  depends_on: dependsOn.optional(),
  needs: dependsOn.optional(),
  timeout: duration.optional().describe('Default 1h.'),
  timeout_in_minutes: minutes.optional(),
  'timeout-minutes': minutes.optional(),
  retry: retry.optional(),
  allow_failure: flag
    .optional()
    .describe('The run stays green where this step fails. Default false.'),
  'continue-on-error': flag.optional(),
  soft_fail: flag.optional(),
  failure: z.enum(['ignore', 'fail'], { error: '"ignore" or "fail"' }).optional(),
  labels: labels.optional(),
  tags: labels.optional(),
  agents: labels.optional(),
  'runs-on': labels.optional(),
  image: image.optional(),
  container: image.optional(),
  network: network.optional(),
  isolation: isolation.optional(),
  streams: streams.optional(),
  shell: shell.optional(),
  artifacts: artifacts.optional(),
  artifact_paths: artifacts.optional(),
};
export const stepSchema = z.strictObject(stepShape, { error: 'a map with id and cmd' });
export type StepSource = z.infer<typeof stepSchema>;

const {
  env,
  environment,
  variables,
  timeout,
  timeout_in_minutes,
  'timeout-minutes': timeoutMinutes,
} = stepShape;
const { tags, agents, 'runs-on': runsOn, container } = stepShape;
const defaultsSchema = z
  .strictObject(
    {
      image: stepShape.image,
      container,
      timeout,
      timeout_in_minutes,
      'timeout-minutes': timeoutMinutes,
      retry: stepShape.retry,
      env,
      environment,
      variables,
      labels: stepShape.labels,
      tags,
      agents,
      'runs-on': runsOn,
      network: stepShape.network,
      isolation: stepShape.isolation,
      streams: stepShape.streams,
      shell: stepShape.shell,
    },
    { error: 'a map' },
  )
  .describe('What holds for every step that does not say otherwise.');

const inputSchema = z.union(
  [
    asWritten,
    z.strictObject({
      type: z
        .enum(['string', 'number', 'boolean', 'enum'], { error: 'string, number, boolean or enum' })
        .optional(),
      values: list(asWritten, 'a list of values')
        .min(1, 'at least one value')
        .max(limits.inputsMax)
        .optional(),
      default: asWritten.optional(),
      description: text().max(limits.textCharsMax).optional(),
    }),
  ],
  { error: 'a default or a map with type, values, default and description' },
);
export type InputSource = z.infer<typeof inputSchema>;

const depthText = 'a number of commits above 0, or "full"';
const source = z
  .strictObject(
    {
      depth: z
        .union([z.int(depthText).min(1, depthText).max(1_000_000, depthText), z.literal('full')], {
          error: depthText,
        })
        .optional()
        .describe(
          'Generations of commits, or `full`. Default: to the nearest tag if it is within 1,000 commits, else one.',
        ),
      tags: flag.optional().describe('Whether tags come along. Default true.'),
      submodules: z
        .union([z.boolean(), z.literal('recursive')], { error: 'true, false or "recursive"' })
        .optional()
        .describe('Whether submodules come along; `recursive`: theirs, too. Default false.'),
    },
    { error: 'a map with depth, tags and submodules' },
  )
  .describe('How much of the repository a run gets.');
export type CheckoutSource = z.infer<typeof source>;

export const pipelineFileSchema = z
  .strictObject(
    {
      version: z.literal(1, { error: '1' }).optional().describe('The version of this format.'),
      name: shortText().optional().describe('The name of the pipeline.'),
      triggers: z.unknown().optional().describe('Accepted; nothing starts runs by itself yet.'),
      on: z.unknown().optional(),
      inputs: z
        .record(z.string(), inputSchema, { error: 'a map of inputs' })
        .optional()
        .describe('Values that are given when a run starts: ${{ inputs.NAME }}.'),
      vars: z
        .record(z.string(), asWritten, { error: 'a map of names and values' })
        .optional()
        .describe('Constants of the file: ${{ vars.NAME }}.'),
      env,
      environment,
      variables,
      order: z
        .enum(['graph', 'sequential'], { error: '"graph" or "sequential"' })
        .optional()
        .describe('`graph` (default): as depends_on says; `sequential`: one after the other.'),
      source: source.optional(),
      defaults: defaultsSchema.optional(),
      steps: list(stepSchema, 'a list of steps').optional(),
    },
    { error: 'a map with name and steps' },
  )
  .describe('A Millrace pipeline.');
export type PipelineFile = z.infer<typeof pipelineFileSchema>;

/** Spellings of the same key; the first is ours. */
export const aliases = {
  id: ['id', 'key', 'identifier'],
  name: ['name', 'label'],
  cmd: ['cmd', 'run', 'command', 'commands', 'script'],
  env: ['env', 'environment', 'variables'],
  dependsOn: ['depends_on', 'needs'],
  timeout: ['timeout', 'timeout_in_minutes', 'timeout-minutes'],
  allowFailure: ['allow_failure', 'continue-on-error', 'soft_fail', 'failure'],
  labels: ['labels', 'tags', 'agents', 'runs-on'],
  image: ['image', 'container'],
  artifacts: ['artifacts', 'artifact_paths'],
  triggers: ['triggers', 'on'],
} as const;

export const sourceKeys = Object.keys(source.shape);
export const topKeys = Object.keys(pipelineFileSchema.shape);
export const stepKeys = Object.keys(stepShape);
export const defaultsKeys = Object.keys(defaultsSchema.shape);
