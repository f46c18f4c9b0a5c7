import { z } from 'zod';
import { isolationSchema, sourceSchema, stepIdSchema } from '#libs/events';

/** A trigger key: `type:business_id:version`. */
const triggerKeySchema = z
  .string()
  .min(3)
  .max(512)
  .regex(/^[^:\s]+:[^\s]+:[^:\s]+$/, { message: 'expected type:business_id:version' });

const inputValueSchema = z.union([z.string().max(32_768), z.number(), z.boolean()]);

export const startRunBodySchema = z
  .strictObject({
    /** The name of a registered pipeline … */
    pipeline: z.string().min(1).max(200).optional(),
    /** … or the text of one. */
    yaml: z
      .string()
      .max(1024 * 1024)
      .optional(),
    inputs: z.record(z.string().max(200), inputValueSchema).default({}),
    source: sourceSchema.default({ kind: 'none' }),
    isolation: isolationSchema
      .optional()
      .describe(
        'The least that every step must have. The server’s isolation_min holds as well: asking for less changes nothing.',
      ),
    trigger: z
      .strictObject({
        kind: z.enum(['api', 'cli']).default('api').describe('By what the run was asked for.'),
        key: triggerKeySchema.optional(),
        ref: z.string().max(512).optional(),
      })
      .optional(),
  })
  .refine((body) => (body.pipeline === undefined) !== (body.yaml === undefined), {
    message: 'give exactly one of pipeline and yaml',
    path: ['pipeline'],
  })
  .meta({ id: 'StartRun' });

export type StartRunBody = z.input<typeof startRunBodySchema>;

/** A start-run body as it is after its check, with defaults. */
export type StartRunRequest = z.output<typeof startRunBodySchema>;

/** What no executor that is there can do; the run waits, or fails, for it. */
export const runWarningSchema = z
  .object({
    /** At most ten of them. */
    steps: z.array(stepIdSchema),
    message: z.string(),
    hint: z.string(),
  })
  .meta({ id: 'RunWarning' });

export type RunWarning = z.infer<typeof runWarningSchema>;

export const runStartedSchema = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    /** Wait for it with `?waitFor=`. */
    position: z.number().int(),
    /** Absent where there is nothing to say. */
    warnings: z.array(runWarningSchema).optional(),
  })
  .meta({ id: 'RunStarted' });

export type RunStarted = z.infer<typeof runStartedSchema>;

export const cancelRunBodySchema = z
  .strictObject({
    reason: z.string().max(1000).optional(),
    /** KILL at once instead of TERM and grace. */
    force: z.boolean().default(false),
  })
  .meta({ id: 'CancelRun' });

export const retryRunBodySchema = z
  .strictObject({ failed: z.literal(true).optional(), step: stepIdSchema.optional() })
  .refine((body) => body.failed === undefined || body.step === undefined, {
    message: 'give failed or step, not both',
    path: ['failed'],
  })
  .describe(
    '`{step}` repeats one step and what depends on it; `{failed: true}`, or nothing, what failed.',
  )
  .meta({ id: 'RetryRun' });

export type RetryRunBody = z.input<typeof retryRunBodySchema>;

export const runRetriedSchema = z
  .object({ ...runStartedSchema.shape, retryOf: z.uuid() })
  .meta({ id: 'RunRetried' });

export type RunRetried = z.infer<typeof runRetriedSchema>;
