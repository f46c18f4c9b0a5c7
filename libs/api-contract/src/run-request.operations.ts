import type { PublicOperation } from './operation.ts';
import { pipelineBytesMax } from './pipeline.ts';
import { positionSchema } from './position.ts';
import { runParamsSchema } from './run.ts';
import {
  cancelRunBodySchema,
  retryRunBodySchema,
  runRetriedSchema,
  runStartedSchema,
  startRunBodySchema,
} from './run-requests.ts';

/** Why a server refuses a run that would be fine at another time. */
const admissionErrors = ['server.draining', 'server.disk-low', 'server.overloaded'] as const;

/** Operations that start, cancel and retry runs. */
export const runRequestOperations = {
  startRun: {
    id: 'start-run',
    method: 'POST',
    path: '/api/v1/runs',
    tag: 'runs',
    requires: 'runs:start',
    summary: 'Start a run',
    description:
      'The checks are made in this order, and the first that fails is the answer: load of the server, pipeline, inputs, source, network, isolation. An accepted run is not lost. A repeat with the same Idempotency-Key or the same `trigger.key` gets the run that the first request started.',
    body: startRunBodySchema,
    bodyBytesMax: pipelineBytesMax,
    takesIdempotencyKey: true,
    errors: [
      ...admissionErrors,
      'pipeline.invalid',
      'pipeline.not-found',
      'run.input-unknown',
      'run.input-missing',
      'run.input-invalid',
      'source.invalid',
      'source.not-found',
      'network.not-allowed',
      'isolation.unavailable',
    ],
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
    description:
      'Steps that have not started are skipped. Running commands get TERM, time to end, and then KILL; with `force` KILL at once. The answer does not wait for their end. A run that is being cancelled already is not an error.',
    params: runParamsSchema,
    body: cancelRunBodySchema,
    takesIdempotencyKey: true,
    errors: ['run.not-found', 'run.already-finished'],
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
    description:
      'Steps that succeeded and need not run again are skipped with the reason `reused`; the new run goes on in the workspace of the earlier one. What the new run may do is decided by the permissions of whoever retries.',
    params: runParamsSchema,
    body: retryRunBodySchema,
    takesIdempotencyKey: true,
    errors: [
      ...admissionErrors,
      'run.not-found',
      'run.not-finished',
      'run.nothing-to-retry',
      'run.workspace-gone',
      'step.not-found',
      'pipeline.not-found',
      'source.invalid',
      'network.not-allowed',
      'isolation.unavailable',
    ],
    status: 201,
    response: runRetriedSchema,
  },
} as const satisfies Record<string, PublicOperation>;
