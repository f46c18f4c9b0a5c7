import {
  executorPageSchema,
  executorParamsSchema,
  executorSchema,
  listExecutorsQuerySchema,
} from './executor.ts';
import type { PublicOperation } from './operation.ts';
import { waitForQuerySchema } from './paging.ts';
import { positionSchema } from './position.ts';

/** Operations that show and drain executors; their own protocol is in `libs/executor-protocol`. */
export const executorOperations = {
  listExecutors: {
    id: 'list-executors',
    method: 'GET',
    path: '/api/v1/executors',
    tag: 'executors',
    requires: 'executors:read',
    summary: 'List executors',
    description:
      'Executors that run steps, the last registered first. Lost executors are left out unless `all` is set.',
    query: listExecutorsQuerySchema,
    status: 200,
    response: executorPageSchema,
  },
  showExecutor: {
    id: 'show-executor',
    method: 'GET',
    path: '/api/v1/executors/{id}',
    tag: 'executors',
    requires: 'executors:read',
    summary: 'Show an executor',
    description: 'Lost executors are shown as well.',
    params: executorParamsSchema,
    query: waitForQuerySchema,
    errors: ['executor.not-found'],
    status: 200,
    response: executorSchema,
  },
  drainExecutor: {
    id: 'drain-executor',
    method: 'POST',
    path: '/api/v1/executors/{id}/drain',
    tag: 'executors',
    requires: 'executors:drain',
    summary: 'Give an executor no new steps',
    description:
      'The executor gets no new steps and ends those that it runs. The answer does not wait for that.',
    params: executorParamsSchema,
    takesIdempotencyKey: true,
    errors: ['executor.not-found', 'executor.gone'],
    status: 202,
    response: positionSchema,
  },
} as const satisfies Record<string, PublicOperation>;
