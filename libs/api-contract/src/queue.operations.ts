import type { PublicOperation } from './operation.ts';
import { listQueueQuerySchema, queuePageSchema } from './queue.ts';

/** The operation that lists what waits for an executor. */
export const queueOperations = {
  listQueue: {
    id: 'list-queue',
    method: 'GET',
    path: '/api/v1/queue',
    tag: 'queue',
    requires: 'queue:read',
    summary: 'List the steps that wait for an executor',
    description:
      'Steps that may start now or later and have no executor, with the reason why each waits.',
    query: listQueueQuerySchema,
    status: 200,
    response: queuePageSchema,
  },
} as const satisfies Record<string, PublicOperation>;
