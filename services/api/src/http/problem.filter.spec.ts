import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ErrorCode, Fault } from '#libs/kernel';
import { silentLogger } from '#libs/telemetry';
import { type ApiParts, type RunningApi, startApi } from '../create-api.ts';
import { adminTokenVerifier } from './authentication.ts';

const secret = 'mrt_of-the-administrator';
const asAdmin = { authorization: `Bearer ${secret}` };

let api: RunningApi;
let broken: ErrorCode;
beforeAll(async () => {
  const parts: Partial<ApiParts> = {
    ids: { uuid: randomUUID },
    logger: silentLogger,
    sourceBytesMax: 1,
    application: {
      listQueue: { execute: () => Promise.reject(new Fault(broken, 'backoff', 'it is away')) },
    } as unknown as ApiParts['application'],
    gateway: {} as ApiParts['gateway'],
    server: { version: '0.0.0' } as ApiParts['server'],
    verifyToken: adminTokenVerifier(secret),
  };
  api = await startApi(parts as ApiParts, { listen: '127.0.0.1:0' });
});
afterAll(() => api.close());

it.each([
  ['log.unavailable', 503, '2'],
  ['server.overloaded', 429, '2'],
  ['server.error', 500, null],
] as const)('a %s says when to come back where that helps', async (code, status, seconds) => {
  broken = code;
  const answer = await fetch(`${api.url}/api/v1/queue`, { headers: asAdmin });
  expect(await answer.json()).toMatchObject({ code, status, detail: 'it is away' });
  expect(answer.headers.get('retry-after')).toBe(seconds);
});

it.each([
  ['POST', '/api/v1/openapi.json', 405, 'GET'],
  ['POST', '/api/v1/openapi-json', 404, null],
  ['DELETE', '/api/v1/runs/1/artifacts/a/b.txt', 405, 'GET'],
])(
  '%s %s is answered with the methods of that address, if it is one',
  async (method, path, status, allow) => {
    const answer = await fetch(`${api.url}${path}`, { method, headers: asAdmin });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('allow')).toBe(allow);
  },
);
