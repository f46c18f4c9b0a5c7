import { z } from 'zod';
import type { Operation } from './operation.ts';
import { readinessSchema, versionSchema } from './server.ts';

/** Operations that say how the server is and what it offers. */
export const processOperations = {
  openapi: {
    id: 'openapi',
    method: 'GET',
    path: '/api/v1/openapi.json',
    tag: 'server',
    requires: 'nothing',
    summary: 'This description',
    status: 200,
    response: z.unknown(),
  },
  problemType: {
    id: 'problem-type',
    method: 'GET',
    path: '/docs/problems/{code}',
    tag: 'server',
    requires: 'nothing',
    summary: 'What a code of an error means and what to do about it',
    params: z.object({ code: z.string().max(100) }),
    status: 200,
    responseType: 'text/plain',
  },
  livez: {
    id: 'livez',
    method: 'GET',
    path: '/livez',
    tag: 'server',
    requires: 'nothing',
    summary: 'Is the process alive?',
    status: 200,
    response: z.object({ status: z.literal('alive') }),
  },
  readyz: {
    id: 'readyz',
    method: 'GET',
    path: '/readyz',
    tag: 'server',
    requires: 'nothing',
    summary: 'Can it serve?',
    status: 200,
    response: readinessSchema,
  },
  version: {
    id: 'version',
    method: 'GET',
    path: '/version',
    tag: 'server',
    requires: 'nothing',
    summary: 'Which version is it?',
    status: 200,
    response: versionSchema,
  },
  metrics: {
    id: 'metrics',
    method: 'GET',
    path: '/metrics',
    tag: 'server',
    requires: 'metrics:read',
    summary: 'Metrics in the Prometheus text format',
    status: 200,
    responseType: 'text/plain',
  },
} as const satisfies Record<string, Operation>;
