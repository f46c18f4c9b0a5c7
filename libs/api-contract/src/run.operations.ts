import { eventPageSchema, listEventsQuerySchema, resumeHeadersSchema } from './event.ts';
import type { PublicOperation } from './operation.ts';
import { waitForQuerySchema } from './paging.ts';
import {
  listRunsQuerySchema,
  runPageSchema,
  runParamsSchema,
  runSchema,
  runStateQuerySchema,
} from './run.ts';
import { runStreamItemSchema, streamRunQuerySchema } from './run-stream.ts';

/** Operations that show runs: as they are now, as they were, and as they go on. */
export const runOperations = {
  listRuns: {
    id: 'list-runs',
    method: 'GET',
    path: '/api/v1/runs',
    tag: 'runs',
    requires: 'runs:read',
    summary: 'List runs, the newest first',
    description: 'The list can be limited to a status and to a pipeline.',
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
    description:
      'The answer comes from the read models: it shows what the server acknowledged before the request.',
    params: runParamsSchema,
    query: waitForQuerySchema,
    errors: ['run.not-found'],
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
    description:
      'The answer is folded from the events of the run up to the moment; it does not use the read models.',
    params: runParamsSchema,
    query: runStateQuerySchema,
    errors: ['run.not-found'],
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
    description: 'The events stand in the order in which they happened.',
    params: runParamsSchema,
    query: listEventsQuerySchema,
    errors: ['run.not-found', 'position.not-reached'],
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
      'An event has its position as `id` and its type as `event`. A line of a log has the `event` `log` and no `id`; it stands behind the start of its attempt and before its end. What the executor of a lost attempt writes behind its loss is in that log alone. Resumed by Last-Event-ID, the logs of attempts that ran there begin again from their first line, or from the lines that `lines` names. Behind the last event of the run the stream ends; whoever asks again gets 204.',
    params: runParamsSchema,
    query: streamRunQuerySchema,
    headers: resumeHeadersSchema,
    errors: ['run.not-found'],
    status: 200,
    otherAnswers: { 204: 'The run has finished, and the client has all of it.' },
    response: runStreamItemSchema,
    responseType: 'text/event-stream',
  },
} as const satisfies Record<string, PublicOperation>;
