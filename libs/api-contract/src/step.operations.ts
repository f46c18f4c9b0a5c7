import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import type { Operation } from './operation.ts';
import { waitForQuerySchema } from './paging.ts';
import { listQuerySchema } from './pipeline.ts';
import { runRefSchema } from './run.ts';
import { runArtifactPageSchema } from './run-artifact.ts';
import { stepWhySchema } from './step.ts';
import { logLineSchema, runLogsQuerySchema } from './step-log.ts';

const runParams = z.object({ id: runRefSchema });
const stepParams = z.object({ id: runRefSchema, step: stepIdSchema });

/** Operations that show what the steps of a run waited for, printed and made. */
export const stepOperations = {
  readStepLogs: {
    id: 'read-step-logs',
    method: 'GET',
    path: '/api/v1/runs/{id}/steps/{step}/logs',
    tag: 'runs',
    requires: 'logs:read',
    summary: 'Read the log of a step',
    description:
      'With `Accept: text/plain` the text alone, a line a line; what a terminal would act on is left out, but for colours.',
    params: stepParams,
    query: runLogsQuerySchema,
    status: 200,
    response: logLineSchema,
    responseType: 'application/x-ndjson',
    textType: 'text/plain',
  },
  explainStepWait: {
    id: 'explain-step-wait',
    method: 'GET',
    path: '/api/v1/runs/{id}/steps/{step}/why',
    tag: 'runs',
    requires: 'runs:read',
    summary: 'Say why a step waits or waited, and how it ended',
    params: stepParams,
    query: waitForQuerySchema,
    status: 200,
    response: stepWhySchema,
  },
  listRunArtifacts: {
    id: 'list-run-artifacts',
    method: 'GET',
    path: '/api/v1/runs/{id}/artifacts',
    tag: 'runs',
    requires: 'artifacts:read',
    summary: 'List the artifacts of a run',
    params: runParams,
    query: listQuerySchema,
    status: 200,
    response: runArtifactPageSchema,
  },
  readRunArtifact: {
    id: 'read-run-artifact',
    method: 'GET',
    path: '/api/v1/runs/{id}/artifacts/{path}',
    tag: 'runs',
    requires: 'artifacts:read',
    summary:
      'Download an artifact; of several steps or attempts with the same path the last one to finish counts, unless ?step= and ?attempt= name one',
    params: z.object({ id: runRefSchema, path: z.string().min(1).max(1024) }),
    query: z.strictObject({
      step: stepIdSchema.optional(),
      attempt: z.coerce.number().int().min(1).optional(),
    }),
    status: 200,
    responseType: 'application/octet-stream',
  },
} as const satisfies Record<string, Operation>;
