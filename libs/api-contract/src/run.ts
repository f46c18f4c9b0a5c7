import { z } from 'zod';
import { triggerSchema as triggerFacts } from '#libs/events';
import { described } from './described.ts';
import { instantSchema } from './instant.ts';
import { openWords } from './open-words.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';
import { logPositionSchema } from './position.ts';
import { sourceSchema } from './source.ts';
import { stepSchema } from './step.ts';
import { isolationSchema, outcomeSchema } from './vocabulary.ts';

/** A run by its uuid, its number, or `latest`. */
export const runRefSchema = z
  .string()
  .regex(
    /^(?:latest|[1-9]\d{0,14}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
    {
      message: 'a run is named by its uuid, its number, or latest',
    },
  )
  .describe('The run: its uuid, its number, or `latest`.');
export const runParamsSchema = z.object({ id: runRefSchema });

const runStatuses = ['queued', 'running', 'cancelling', 'finished'] as const;
export const runStatusSchema = openWords(runStatuses).meta({
  id: 'RunStatus',
  description:
    '`queued`: no step has started. `running`: a step has started. `cancelling`: somebody cancelled the run, and its steps are being ended. `finished`: it has an outcome.',
});

const nameSchema = z
  .string()
  .optional()
  .describe(
    'The name of that person. Absent if it is unknown or erased, and for an actor that is no person.',
  );

const triggerSchema = z
  .object(
    described(triggerFacts.omit({ kind: true, actor: true }).shape, {
      key: 'The trigger key, `type:business_id:version`. Absent if the caller gave none.',
      ref: 'What the caller said the run is for, such as a branch. Absent if the caller gave none.',
    }),
  )
  .extend({
    kind: openWords(triggerFacts.shape.kind.options).describe(
      'How the run was asked for: `api`, `cli`, `retry` or `manual`.',
    ),
    actor: z.string().describe('Who asked for the run, such as `user:admin`.'),
    actorName: nameSchema,
  })
  .meta({ id: 'Trigger', description: 'Who started a run, and by which way.' });

const cancellationSchema = z
  .object({
    by: z.string().describe('Who cancelled the run.'),
    byName: nameSchema,
    reason: z.string().nullable().describe('Why; null if no reason was given.'),
    at: instantSchema.describe('When it was asked for.'),
  })
  .meta({ id: 'Cancellation', description: 'The first request to cancel a run.' });

export const runSummarySchema = z
  .object({
    id: z.uuid().describe('The id of the run.'),
    number: z
      .number()
      .int()
      .describe('The number of the run: 1, 2, 3 … on this server. A number may be left out.'),
    pipeline: z.string().describe('The name of the pipeline.'),
    planHash: z.string().describe('The SHA-256 of the compiled plan that the run follows.'),
    status: runStatusSchema.describe('How far the run is.'),
    outcome: outcomeSchema.nullable().describe('How the run ended; null until it has finished.'),
    queuedAt: instantSchema.describe('When the run was accepted.'),
    startedAt: instantSchema
      .nullable()
      .describe('When its first step started; null if none has started.'),
    finishedAt: instantSchema.nullable().describe('When it finished; null until then.'),
    trigger: triggerSchema,
    source: sourceSchema,
    retryOf: z
      .uuid()
      .nullable()
      .describe('The id of the run that this one repeats; null if it repeats none.'),
    cancel: cancellationSchema
      .nullable()
      .describe('Who cancelled the run first, and why; null if nobody did.'),
  })
  .meta({ id: 'RunSummary', description: 'A run as lists show it.' });
export type RunSummary = z.infer<typeof runSummarySchema>;

export const runSchema = z
  .object({
    ...runSummarySchema.shape,
    isolation: isolationSchema.describe('The least isolation that every step of the run has.'),
    inputs: z
      .record(z.string(), z.string())
      .describe('The inputs of the pipeline by name, with defaults filled in.'),
    failedSteps: z
      .array(z.string())
      .describe('The ids of the steps that made the run fail; empty until it has finished.'),
    position: logPositionSchema.describe('The position of the log that this answer shows.'),
    steps: z.array(stepSchema).describe('The steps, in the order of the pipeline file.'),
  })
  .meta({ id: 'Run', description: 'A run with everything that happened to its steps.' });
export type RunDto = z.infer<typeof runSchema>;

export const listRunsQuerySchema = z.strictObject({
  status: z.enum(runStatuses).optional().describe('Only runs with this status. Default: all.'),
  pipeline: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Only runs of the pipeline with this name. Default: of all pipelines.'),
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});
export const runPageSchema = pageOf(runSummarySchema, 'RunPage', 'runs');

export const runStateQuerySchema = z.strictObject({
  at: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe(
      'The moment to show: a position of the log, or an RFC 3339 time such as `2026-01-31T12:00:00Z`. Default: now.',
    ),
});
