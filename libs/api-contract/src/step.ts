import { z } from 'zod';
import {
  artifactSchema,
  causeSchema,
  logSummarySchema,
  outcomeSchema,
  skipReasonSchema,
  stepIdSchema,
  usageSchema,
  waitReasonSchema,
} from '#libs/events';
import { instantSchema } from './instant.ts';

export const stepStatuses = [
  'waiting',
  'queued',
  'assigned',
  'running',
  'finished',
  'skipped',
] as const;

export const attemptSchema = z
  .object({
    attempt: z.number().int(),
    executor: z.uuid(),
    fence: z.number().int(),
    assignedAt: instantSchema,
    startedAt: instantSchema.nullable(),
    finishedAt: instantSchema.nullable(),
    outcome: outcomeSchema.nullable(),
    cause: causeSchema.nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    /** The executor's one line where outcome is `error`. */
    message: z.string().nullable(),
    /** Of the error, where it is one of ours: see /docs/problems/{code}. */
    code: z.string().nullable(),
    usage: usageSchema.nullable(),
    log: logSummarySchema.nullable(),
    artifacts: z.array(artifactSchema),
    enforced: z.array(z.string()),
    driver: z.string().nullable(),
  })
  .meta({ id: 'Attempt' });

export type AttemptDto = z.infer<typeof attemptSchema>;

export const waitSchema = z
  .object({
    reason: waitReasonSchema,
    from: instantSchema,
    to: instantSchema.nullable(),
  })
  .meta({ id: 'Wait' });

export const stepSchema = z
  .object({
    id: stepIdSchema,
    name: z.string(),
    status: z.enum(stepStatuses),
    outcome: outcomeSchema.nullable(),
    cause: causeSchema.nullable(),
    exitCode: z.number().int().nullable(),
    signal: z.string().nullable(),
    allowFailure: z.boolean(),
    dependsOn: z.array(stepIdSchema),
    skipReason: skipReasonSchema.nullable(),
    attempts: z.array(attemptSchema),
    waits: z.array(waitSchema),
  })
  .meta({ id: 'Step' });

export type StepDto = z.infer<typeof stepSchema>;

export const stepWhySchema = z
  .object({
    run: z.uuid(),
    step: stepIdSchema,
    status: z.enum(stepStatuses),
    /** One sentence for people. */
    summary: z.string(),
    /** Milliseconds between queued and started (or now). */
    waitedMs: z.number().int(),
    waits: z.array(
      z.object({ ...waitSchema.shape, durationMs: z.number().int(), detail: z.string() }),
    ),
  })
  .meta({ id: 'StepWhy' });

export type StepWhy = z.infer<typeof stepWhySchema>;
