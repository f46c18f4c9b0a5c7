import { z } from 'zod';
import { stepIdSchema } from '#libs/events';
import {
  eventPageSchema,
  eventSchema,
  listEventsQuerySchema,
  streamEventsQuerySchema,
} from './event.ts';
import { executorPageSchema, executorSchema, listExecutorsQuerySchema } from './executor.ts';
import { waitForShape } from './paging.ts';
import {
  listQuerySchema,
  pipelineNameSchema,
  pipelinePageSchema,
  pipelineRegisteredSchema,
  pipelineSchema,
  registerPipelineBodySchema,
  validateBodySchema,
  validationSchema,
} from './pipeline.ts';
import { listQueueQuerySchema, queuePageSchema } from './queue.ts';
import {
  cancelRunBodySchema,
  listRunsQuerySchema,
  logLineSchema,
  positionSchema,
  retryRunBodySchema,
  runArtifactPageSchema,
  runLogsQuerySchema,
  runPageSchema,
  runRefSchema,
  runRetriedSchema,
  runSchema,
  runStartedSchema,
  runStateQuerySchema,
  startRunBodySchema,
  stepWhySchema,
} from './run.ts';
import {
  projectionListSchema,
  readinessSchema,
  sourceUploadedSchema,
  versionSchema,
} from './server.ts';

/** One route of the public face: the API serves it, the CLI calls it, openapi.json describes it. */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** What a client has to know beside the summary. */
  readonly description?: string;
  /** Open without a token. */
  readonly isOpen?: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Default application/json. */
  readonly bodyType?: string;
  /** Default: what a few fields need. */
  readonly bodyBytesMax?: number;
  readonly takesIdempotencyKey?: boolean;
  readonly status: number;
  readonly response?: z.ZodType;
  /** Default application/json. */
  readonly responseType?: string;
}

/** Room for a pipeline that is too large, so that the compiler can say so. */
const pipelineBytesMax = 12 * 1024 * 1024;

const runParams = z.object({ id: runRefSchema });
const stepParams = z.object({ id: runRefSchema, step: stepIdSchema });
const waitForQuery = z.strictObject(waitForShape);

/** Every public operation, by name. The order is that of openapi.json. */
export const operations = {
  registerPipeline: {
    id: 'register-pipeline',
    method: 'POST',
    path: '/api/v1/pipelines',
    tag: 'pipelines',
    summary: 'Register a pipeline, or a new version of it',
    body: registerPipelineBodySchema,
    bodyBytesMax: pipelineBytesMax,
    takesIdempotencyKey: true,
    status: 201,
    response: pipelineRegisteredSchema,
  },
  listPipelines: {
    id: 'list-pipelines',
    method: 'GET',
    path: '/api/v1/pipelines',
    tag: 'pipelines',
    summary: 'List pipelines by name',
    query: listQuerySchema,
    status: 200,
    response: pipelinePageSchema,
  },
  validatePipeline: {
    id: 'validate-pipeline',
    method: 'POST',
    path: '/api/v1/pipelines/validate',
    tag: 'pipelines',
    summary: 'Compile a pipeline and say what is wrong with it',
    body: validateBodySchema,
    bodyBytesMax: pipelineBytesMax,
    status: 200,
    response: validationSchema,
  },
  listPipelineVersions: {
    id: 'list-pipeline-versions',
    method: 'GET',
    path: '/api/v1/pipelines/{name}/versions',
    tag: 'pipelines',
    summary: 'List the versions of a pipeline, the newest first',
    params: z.object({ name: pipelineNameSchema }),
    query: listQuerySchema,
    status: 200,
    response: z.object({ items: z.array(pipelineSchema), next: z.string().nullable() }),
  },
  uploadSource: {
    id: 'upload-source',
    method: 'POST',
    path: '/api/v1/sources',
    tag: 'sources',
    summary: 'Upload a working tree as a tar, plain or compressed by gzip or zstd',
    bodyType: 'application/x-tar',
    status: 201,
    response: sourceUploadedSchema,
  },
  startRun: {
    id: 'start-run',
    method: 'POST',
    path: '/api/v1/runs',
    tag: 'runs',
    summary: 'Start a run',
    body: startRunBodySchema,
    bodyBytesMax: pipelineBytesMax,
    takesIdempotencyKey: true,
    status: 201,
    response: runStartedSchema,
  },
  listRuns: {
    id: 'list-runs',
    method: 'GET',
    path: '/api/v1/runs',
    tag: 'runs',
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
    summary: 'Show a run with its steps',
    params: runParams,
    query: waitForQuery,
    status: 200,
    response: runSchema,
  },
  cancelRun: {
    id: 'cancel-run',
    method: 'POST',
    path: '/api/v1/runs/{id}/cancel',
    tag: 'runs',
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
    summary: 'Start a new run that repeats the failed steps, or one step',
    params: runParams,
    body: retryRunBodySchema,
    takesIdempotencyKey: true,
    status: 201,
    response: runRetriedSchema,
  },
  listRunEvents: {
    id: 'list-run-events',
    method: 'GET',
    path: '/api/v1/runs/{id}/events',
    tag: 'runs',
    summary: 'List the events of a run',
    params: runParams,
    query: listEventsQuerySchema,
    status: 200,
    response: eventPageSchema,
  },
  showRunState: {
    id: 'show-run-state',
    method: 'GET',
    path: '/api/v1/runs/{id}/state',
    tag: 'runs',
    summary: 'Show a run as it was at a position or a time',
    params: runParams,
    query: runStateQuerySchema,
    status: 200,
    response: runSchema,
  },
  readStepLogs: {
    id: 'read-step-logs',
    method: 'GET',
    path: '/api/v1/runs/{id}/steps/{step}/logs',
    tag: 'runs',
    summary: 'Read the log of a step',
    params: stepParams,
    query: runLogsQuerySchema,
    status: 200,
    response: logLineSchema,
    responseType: 'application/x-ndjson',
  },
  explainStepWait: {
    id: 'explain-step-wait',
    method: 'GET',
    path: '/api/v1/runs/{id}/steps/{step}/why',
    tag: 'runs',
    summary: 'Say why a step waits or waited',
    params: stepParams,
    query: waitForQuery,
    status: 200,
    response: stepWhySchema,
  },
  listRunArtifacts: {
    id: 'list-run-artifacts',
    method: 'GET',
    path: '/api/v1/runs/{id}/artifacts',
    tag: 'runs',
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
    summary:
      'Download an artifact; of several steps with the same path the last one to finish counts, unless ?step= names one',
    params: z.object({ id: runRefSchema, path: z.string().min(1).max(1024) }),
    query: z.strictObject({ step: stepIdSchema.optional() }),
    status: 200,
    responseType: 'application/octet-stream',
  },
  listQueue: {
    id: 'list-queue',
    method: 'GET',
    path: '/api/v1/queue',
    tag: 'queue',
    summary: 'List the steps that wait for an executor',
    query: listQueueQuerySchema,
    status: 200,
    response: queuePageSchema,
  },
  listExecutors: {
    id: 'list-executors',
    method: 'GET',
    path: '/api/v1/executors',
    tag: 'executors',
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
    summary: 'Show an executor',
    params: z.object({ id: z.uuid() }),
    query: waitForQuery,
    status: 200,
    response: executorSchema,
  },
  drainExecutor: {
    id: 'drain-executor',
    method: 'POST',
    path: '/api/v1/executors/{id}/drain',
    tag: 'executors',
    summary: 'Give an executor no new steps',
    params: z.object({ id: z.uuid() }),
    takesIdempotencyKey: true,
    status: 202,
    response: positionSchema,
  },
  listEvents: {
    id: 'list-events',
    method: 'GET',
    path: '/api/v1/events',
    tag: 'events',
    summary: 'List events in the order of the log',
    description:
      'With `types`, one request looks at a bounded part of the log: a page may have fewer items than `limit`, or none, and a `next` all the same. Go on until `next` is null.',
    query: listEventsQuerySchema,
    status: 200,
    response: eventPageSchema,
  },
  streamEvents: {
    id: 'stream-events',
    method: 'GET',
    path: '/api/v1/events/stream',
    tag: 'events',
    summary: 'Follow the log as server-sent events, resumed by Last-Event-ID',
    query: streamEventsQuerySchema,
    status: 200,
    response: eventSchema,
    responseType: 'text/event-stream',
  },
  listProjections: {
    id: 'list-projections',
    method: 'GET',
    path: '/api/v1/projections',
    tag: 'projections',
    summary: 'List the read models and how far they are',
    status: 200,
    response: projectionListSchema,
  },
  rebuildProjection: {
    id: 'rebuild-projection',
    method: 'POST',
    path: '/api/v1/projections/{name}/rebuild',
    tag: 'projections',
    summary: 'Build a read model again from the first event',
    params: z.object({ name: z.string().min(1).max(64) }),
    status: 202,
    response: positionSchema,
  },
  openapi: {
    id: 'openapi',
    method: 'GET',
    path: '/api/v1/openapi.json',
    tag: 'server',
    summary: 'This description',
    status: 200,
    response: z.unknown(),
  },
  livez: {
    id: 'livez',
    method: 'GET',
    path: '/livez',
    tag: 'server',
    summary: 'Is the process alive?',
    isOpen: true,
    status: 200,
    response: z.object({ status: z.literal('alive') }),
  },
  readyz: {
    id: 'readyz',
    method: 'GET',
    path: '/readyz',
    tag: 'server',
    summary: 'Can it serve?',
    isOpen: true,
    status: 200,
    response: readinessSchema,
  },
  version: {
    id: 'version',
    method: 'GET',
    path: '/version',
    tag: 'server',
    summary: 'Which version is it?',
    isOpen: true,
    status: 200,
    response: versionSchema,
  },
  metrics: {
    id: 'metrics',
    method: 'GET',
    path: '/metrics',
    tag: 'server',
    summary: 'Metrics in the Prometheus text format',
    status: 200,
    responseType: 'text/plain',
  },
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof operations;
