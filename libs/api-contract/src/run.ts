import { z } from 'zod';
import { isolationSchema, outcomeSchema, sourceSchema, triggerSchema } from '#libs/events';
import { instantSchema } from './instant.ts';
import { cursorSchema, limitSchema, pageOf, waitForShape } from './paging.ts';
import { stepSchema } from './step.ts';

/** A run by its uuid, its number, or `latest`. */
export const runRefSchema = z
  .string()
  .regex(
    /^(?:latest|[1-9]\d{0,14}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
    {
      message: 'a run is named by its uuid, its number, or latest',
    },
  );

export const runStatuses = ['queued', 'running', 'cancelling', 'finished'] as const;

/** A run as lists show it. */
export const runSummarySchema = z
  .object({
    id: z.uuid(),
    number: z.number().int(),
    pipeline: z.string(),
    planHash: z.string(),
    status: z.enum(runStatuses),
    outcome: outcomeSchema.nullable(),
    queuedAt: instantSchema,
    startedAt: instantSchema.nullable(),
    finishedAt: instantSchema.nullable(),
    trigger: triggerSchema,
    source: sourceSchema,
    retryOf: z.uuid().nullable(),
    cancel: z
      .object({ by: z.string(), reason: z.string().nullable(), at: instantSchema })
      .nullable()
      .describe('Who wished for the end of the run first, and why.'),
  })
  .meta({ id: 'RunSummary' });

export type RunSummary = z.infer<typeof runSummarySchema>;

/** A run with everything that happened to its steps, in file order. */
export const runSchema = z
  .object({
    ...runSummarySchema.shape,
    isolation: isolationSchema,
    inputs: z.record(z.string(), z.string()),
    failedSteps: z.array(z.string()),
    /** The log position that this answer reflects. */
    position: z.number().int(),
    steps: z.array(stepSchema),
  })
  .meta({ id: 'Run' });

export type RunDto = z.infer<typeof runSchema>;

export const listRunsQuerySchema = z.strictObject({
  status: z.enum(runStatuses).optional(),
  pipeline: z.string().min(1).max(200).optional(),
  limit: limitSchema,
  cursor: cursorSchema,
  ...waitForShape,
});

export const runPageSchema = pageOf(runSummarySchema);

/** `at`: a position, or an RFC 3339 instant. */
export const runStateQuerySchema = z.strictObject({ at: z.string().min(1).max(64).optional() });
