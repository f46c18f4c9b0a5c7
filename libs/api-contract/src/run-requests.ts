import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import { logPositionSchema } from './position.ts';
import { sourceRequestSchema } from './source.ts';
import { isolationRequestSchema } from './vocabulary.ts';

const triggerKeySchema = z
  .string()
  .min(3)
  .max(512)
  .regex(/^[^:\s]+:[^\s]+:[^:\s]+$/, { message: 'expected type:business_id:version' });

const inputValueSchema = z.union([z.string().max(32_768), z.number(), z.boolean()]);

const startTriggerSchema = z
  .strictObject({
    kind: z
      .enum(['api', 'cli'])
      .default('api')
      .describe('Which way the run is asked for: `api` or `cli`. Default: `api`.'),
    key: triggerKeySchema
      .optional()
      .describe(
        'What the run is for, as `type:business_id:version`. A second request with the same key gets the run of the first.',
      ),
    ref: z
      .string()
      .max(512)
      .optional()
      .describe('What the run is for, such as a branch. Free text.'),
  })
  .meta({ id: 'StartTrigger', description: 'What a run is asked for by.' });

export const startRunBodySchema = z
  .strictObject({
    pipeline: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The name of a registered pipeline. Give either this or `yaml`.'),
    yaml: z
      .string()
      .max(1024 * 1024)
      .optional()
      .describe(
        'The text of a pipeline file, at most 1,048,576 characters. Give either this or `pipeline`.',
      ),
    inputs: z
      .record(z.string().max(200), inputValueSchema)
      .default({})
      .describe('Values of the inputs of the pipeline, by name.'),
    source: sourceRequestSchema
      .default({ kind: 'none' })
      .describe('Where the files of the run come from.'),
    isolation: isolationRequestSchema
      .optional()
      .describe(
        'The least isolation that every step must have. The server’s isolation_min holds as well, so a lower value changes nothing.',
      ),
    trigger: startTriggerSchema.optional().describe('What the run is asked for by.'),
  })
  .refine((body) => (body.pipeline === undefined) !== (body.yaml === undefined), {
    message: 'give exactly one of pipeline and yaml',
    path: ['pipeline'],
  })
  .meta({ id: 'StartRun', description: 'A run to start: of a registered pipeline, or of a text.' });
export type StartRunBody = z.input<typeof startRunBodySchema>;

/** The body as it is after its check, with defaults. */
export type CheckedStartRunBody = z.output<typeof startRunBodySchema>;

export const runWarningSchema = z
  .object({
    steps: z.array(stepIdSchema).describe('The ids of the steps, at most ten of them.'),
    message: z.string().describe('What no executor can do, in one sentence.'),
    hint: z.string().describe('What to do about it.'),
  })
  .meta({
    id: 'RunWarning',
    description: 'Something that no present executor can do. The run waits for it, or fails.',
  });
export type RunWarning = z.infer<typeof runWarningSchema>;

export const runStartedSchema = z
  .object({
    id: z.uuid().describe('The id of the run.'),
    number: z.number().int().describe('The number of the run.'),
    position: logPositionSchema.describe(
      'The position of its first events in the log. A read with `waitFor` set to it shows the run.',
    ),
    warnings: z
      .array(runWarningSchema)
      .optional()
      .describe('What no present executor can do. Absent if there is nothing to warn of.'),
  })
  .meta({ id: 'RunStarted', description: 'The run that was accepted.' });
export type RunStarted = z.infer<typeof runStartedSchema>;

export const cancelRunBodySchema = z
  .strictObject({
    reason: z.string().max(1000).optional().describe('Why, at most 1,000 characters.'),
    force: z
      .boolean()
      .default(false)
      .describe(
        'Whether running commands get KILL at once, instead of TERM and time to end. Default: false.',
      ),
  })
  .meta({ id: 'CancelRun', description: 'How to cancel a run.' });

export const retryRunBodySchema = z
  .strictObject({
    failed: z
      .literal(true)
      .optional()
      .describe('Repeat every step that did not succeed. This is the default.'),
    step: stepIdSchema
      .optional()
      .describe('Repeat this step and the steps that depend on it. Not together with `failed`.'),
  })
  .refine((body) => body.failed === undefined || body.step === undefined, {
    message: 'give failed or step, not both',
    path: ['failed'],
  })
  .meta({
    id: 'RetryRun',
    description:
      'What to repeat: `{step}` one step and what depends on it; `{failed: true}`, or nothing, what did not succeed.',
  });
export type RetryRunBody = z.input<typeof retryRunBodySchema>;
export const runRetriedSchema = z
  .object({
    ...runStartedSchema.shape,
    retryOf: z.uuid().describe('The id of the run that is repeated.'),
  })
  .meta({ id: 'RunRetried', description: 'The run that repeats another one.' });
export type RunRetried = z.infer<typeof runRetriedSchema>;
