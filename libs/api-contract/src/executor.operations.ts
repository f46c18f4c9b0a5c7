import { z } from 'zod';
import { executorPageSchema, executorSchema, listExecutorsQuerySchema } from './executor.ts';
import type { Operation } from './operation.ts';
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
    params: z.object({ id: z.uuid() }),
    query: waitForQuerySchema,
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
    params: z.object({ id: z.uuid() }),
    takesIdempotencyKey: true,
    status: 202,
    response: positionSchema,
  },
} as const satisfies Record<string, Operation>;
