import { z } from 'zod';
import { eventPageSchema, listEventsQuerySchema, resumeHeadersSchema } from './event.ts';
import type { Operation } from './operation.ts';
import { waitForQuerySchema } from './paging.ts';
import {
  listRunsQuerySchema,
  runPageSchema,
  runRefSchema,
  runSchema,
  runStateQuerySchema,
} from './run.ts';
import { runStreamItemSchema, streamRunQuerySchema } from './run-stream.ts';

const runParams = z.object({ id: runRefSchema });

/** Operations that show runs: as they are now, as they were, and as they go on. */
export const runOperations = {
  listRuns: {
    id: 'list-runs',
    method: 'GET',
    path: '/api/v1/runs',
    tag: 'runs',
    requires: 'runs:read',
    summary: 'List runs, the newest first',
    query: listRunsQuerySchema,
    status: 200,
    response: runPageSchema,
  },
  showRun: {
    id: 'show-run',
    method: 'GET',
    path: '/api/v1/runs/{id}',
    tag: 'runs',
    requires: 'runs:read',
    summary: 'Show a run with its steps',
    params: runParams,
    query: waitForQuerySchema,
    status: 200,
    response: runSchema,
  },
  showRunState: {
    id: 'show-run-state',
    method: 'GET',
    path: '/api/v1/runs/{id}/state',
    tag: 'runs',
    requires: 'runs:read',
    summary: 'Show a run as it was at a position or a time',
    params: runParams,
    query: runStateQuerySchema,
    status: 200,
    response: runSchema,
  },
  listRunEvents: {
    id: 'list-run-events',
    method: 'GET',
    path: '/api/v1/runs/{id}/events',
    tag: 'runs',
    requires: 'runs:read',
    summary: 'List the events of a run',
    params: runParams,
    query: listEventsQuerySchema,
    status: 200,
    response: eventPageSchema,
  },
  streamRun: {
    id: 'stream-run',
    method: 'GET',
    path: '/api/v1/runs/{id}/stream',
    tag: 'runs',
    requires: 'logs:read',
    summary:
      'Follow a run to its end: its events and the lines of all its logs, as server-sent events',
    description:
      'An event has its position as `id` and its type as `event`. A line of a log has the `event` `log` and no `id`; it stands behind the start of its attempt and before its end. What the executor of a lost attempt writes behind its loss is in that log alone. Resumed by Last-Event-ID, the logs of attempts that ran there begin again from their first line, or from the lines that `lines` names. Behind the last event of the run the stream ends; who asks again gets 204.',
    params: runParams,
    query: streamRunQuerySchema,
    headers: resumeHeadersSchema,
    status: 200,
    response: runStreamItemSchema,
    responseType: 'text/event-stream',
  },
} as const satisfies Record<string, Operation>;
