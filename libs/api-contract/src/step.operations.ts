import type { PublicOperation } from './operation.ts';
import { waitForQuerySchema } from './paging.ts';
import { listQuerySchema } from './pipeline.ts';
import { runParamsSchema } from './run.ts';
import {
  runArtifactPageSchema,
  runArtifactParamsSchema,
  runArtifactQuerySchema,
} from './run-artifact.ts';
import { stepWhySchema } from './step.ts';
import { logLineSchema, runLogsQuerySchema, stepParamsSchema } from './step-log.ts';

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
      'One JSON object a line. With `Accept: text/plain` only the text is sent, without control characters other than colours. With `follow` the answer ends when the step has ended.',
    params: stepParamsSchema,
    query: runLogsQuerySchema,
    errors: ['run.not-found', 'step.not-found'],
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
    description: 'Waits of more than a second are recorded; shorter ones are not listed.',
    params: stepParamsSchema,
    query: waitForQuerySchema,
    errors: ['run.not-found', 'step.not-found'],
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
    description: 'Files that attempts left, attempt by attempt in the order of the steps.',
    params: runParamsSchema,
    query: listQuerySchema,
    errors: ['run.not-found'],
    status: 200,
    response: runArtifactPageSchema,
  },
  readRunArtifact: {
    id: 'read-run-artifact',
    method: 'GET',
    path: '/api/v1/runs/{id}/artifacts/{path}',
    tag: 'runs',
    requires: 'artifacts:read',
    summary: 'Download an artifact',
    description:
      'If several steps or attempts left a file of this name, the last one to finish counts, unless `step` and `attempt` choose. The bytes are checked against their digest while they are sent.',
    params: runArtifactParamsSchema,
    query: runArtifactQuerySchema,
    errors: ['run.not-found', 'artifact.not-found', 'blob.not-found'],
    status: 200,
    responseType: 'application/octet-stream',
  },
} as const satisfies Record<string, PublicOperation>;
