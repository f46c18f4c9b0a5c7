// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import { z } from 'zod';
import { limits } from './limits.ts';
import { asWritten, flag, list, shortText, text } from './schema-fields.ts';
import { stepSchema, stepShape } from './schema-step.ts';

// The one description of the file's shape: it checks files and makes the JSON Schema for editors. It has no
// transforms, so a value that fits is the AST. The `error` texts end the sentence `"KEY" must be …`.

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
