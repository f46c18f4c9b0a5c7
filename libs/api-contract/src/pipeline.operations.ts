import { z } from 'zod';
import type { Operation } from './operation.ts';
import {
  listQuerySchema,
  pipelineBytesMax,
  pipelineNameSchema,
  pipelinePageSchema,
  pipelineRegisteredSchema,
  registerPipelineBodySchema,
  validateBodySchema,
  validationSchema,
} from './pipeline.ts';

/** Operations that register, check and list pipelines. */
export const pipelineOperations = {
  registerPipeline: {
    id: 'register-pipeline',
    method: 'POST',
    path: '/api/v1/pipelines',
    tag: 'pipelines',
    requires: 'pipelines:register',
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
    requires: 'pipelines:read',
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
    requires: 'pipelines:read',
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
    requires: 'pipelines:read',
    summary: 'List the versions of a pipeline, the newest first',
    params: z.object({ name: pipelineNameSchema }),
    query: listQuerySchema,
    status: 200,
    response: pipelinePageSchema,
  },
} as const satisfies Record<string, Operation>;
