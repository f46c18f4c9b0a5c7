import { z } from 'zod';
import type { Operation } from './operation.ts';
import { pipelineBytesMax } from './pipeline.ts';
import { positionSchema } from './position.ts';
import { runRefSchema } from './run.ts';
import {
  cancelRunBodySchema,
  retryRunBodySchema,
  runRetriedSchema,
  runStartedSchema,
  startRunBodySchema,
} from './run-requests.ts';

const runParams = z.object({ id: runRefSchema });

/** Operations that start, cancel and retry runs. */
export const runRequestOperations = {
  startRun: {
    id: 'start-run',
    method: 'POST',
    path: '/api/v1/runs',
    tag: 'runs',
    requires: 'runs:start',
    summary: 'Start a run',
    body: startRunBodySchema,
    bodyBytesMax: pipelineBytesMax,
    takesIdempotencyKey: true,
    status: 201,
    response: runStartedSchema,
  },
  cancelRun: {
    id: 'cancel-run',
    method: 'POST',
    path: '/api/v1/runs/{id}/cancel',
    tag: 'runs',
    requires: 'runs:cancel',
    summary: 'Cancel a run',
    params: runParams,
    body: cancelRunBodySchema,
    takesIdempotencyKey: true,
    status: 202,
    response: positionSchema,
  },
  retryRun: {
    id: 'retry-run',
    method: 'POST',
    path: '/api/v1/runs/{id}/retry',
    tag: 'runs',
    requires: 'runs:start',
    summary: 'Start a new run that repeats the failed steps, or one step',
    params: runParams,
    body: retryRunBodySchema,
    takesIdempotencyKey: true,
    status: 201,
    response: runRetriedSchema,
  },
} as const satisfies Record<string, Operation>;
