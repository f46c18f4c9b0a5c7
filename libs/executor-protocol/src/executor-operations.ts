import { z } from 'zod';
import type { Operation } from '#libs/api-contract';
import {
  assignmentsResponseSchema,
  finishedRequestSchema,
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  registerRequestSchema,
  registerResponseSchema,
  startedRequestSchema,
} from './executor-gateway.ts';

const KiB = 1024;
const path = '/internal/v1/executors';
const tag = 'internal';
const params = z.object({ id: z.uuid() });
const waitMsMax = 30_000;

/**
 * The executor protocol over HTTP, for executors on other machines. It is not part of the public face. An executor registers
 * with a token of the public face, and makes its other calls with the token that the registration answers.
 */
export const executorOperations = {
  register: {
    id: 'register-executor',
    method: 'POST',
    path,
    tag,
    requires: 'executors:register',
    summary: 'Register an executor',
    body: registerRequestSchema,
    // 64 labels of 128 characters, and a few words.
    bodyBytesMax: 64 * KiB,
    status: 200,
    response: registerResponseSchema,
  },
  heartbeat: {
    id: 'executor-heartbeat',
    method: 'POST',
    path: `${path}/{id}/heartbeat`,
    tag,
    requires: 'executor-token',
    summary: 'Show that an executor is alive, and get what it must stop',
    params,
    body: heartbeatRequestSchema,
    // 10,000 fences of 16 digits.
    bodyBytesMax: 256 * KiB,
    status: 200,
    response: heartbeatResponseSchema,
  },
  assignments: {
    id: 'executor-assignments',
    method: 'GET',
    path: `${path}/{id}/assignments`,
    tag,
    requires: 'executor-token',
    summary: 'Wait for something to run',
    params,
    query: z.strictObject({
      after: z.coerce.number().int().min(0),
      wait: z.coerce.number().int().min(0).max(waitMsMax).default(20_000),
    }),
    status: 200,
    response: assignmentsResponseSchema,
  },
  started: {
    id: 'attempt-started',
    method: 'POST',
    path: `${path}/{id}/started`,
    tag,
    requires: 'executor-token',
    summary: 'Ask to begin an attempt',
    params,
    body: startedRequestSchema,
    bodyBytesMax: 4 * KiB,
    status: 200,
    response: z.unknown(),
  },
  finished: {
    id: 'attempt-finished',
    method: 'POST',
    path: `${path}/{id}/finished`,
    tag,
    requires: 'executor-token',
    summary: 'Report the end of an attempt',
    params,
    body: finishedRequestSchema,
    // An event holds 64 KiB. JSON escapes can double the size of names in other scripts.
    bodyBytesMax: 128 * KiB,
    status: 200,
    response: z.unknown(),
  },
  leave: {
    id: 'executor-leave',
    method: 'DELETE',
    path: `${path}/{id}`,
    tag,
    requires: 'executor-token',
    summary: 'Leave after a drain',
    params,
    status: 204,
    response: z.unknown(),
  },
} as const satisfies Record<string, Operation>;
