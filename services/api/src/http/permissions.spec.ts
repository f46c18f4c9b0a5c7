import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allPermissions,
  localPermissions,
  type Operation,
  operations,
  type Permission,
  pathOf,
  remotePermissions,
  serverOperations,
} from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { executorOperations } from '#libs/executor-protocol';
import { silentLogger } from '#libs/telemetry';
import { type ApiParts, type RunningApi, startApi } from '../create-api.ts';

/** A token of this spec lists its permissions. */
const tokenOf = (permissions: Iterable<Permission>) =>
  `mrt_${[...permissions].join('.').replaceAll(':', '-')}`;

const tables = { ...operations, ...serverOperations, ...executorOperations };
const guarded = Object.values<Operation>(tables).flatMap((operation) => {
  const { requires } = operation;
  return requires === 'nothing' || requires === 'executor-token' ? [] : [{ operation, requires }];
});

let api: RunningApi;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-permissions-'));
  const parts: Partial<ApiParts> = {
    ids: { uuid: randomUUID },
    logger: silentLogger,
    sourceBytesMax: 1_000,
    // Who is let in meets nothing: the answer is an error of the server, and neither 401 nor 403.
    application: {} as ApiParts['application'],
    gateway: {} as ApiParts['gateway'],
    server: {} as ApiParts['server'],
    verifyToken: (token) => {
      const permissions = new Set(
        [...allPermissions].filter((name) =>
          token.slice('mrt_'.length).split('.').includes(name.replaceAll(':', '-')),
        ),
      );
      return { tenant: defaultTenant, actor: 'user:admin', permissions };
    },
  };
  const socketPath = join(directory, 'api.sock');
  api = await startApi(parts as ApiParts, { listen: '127.0.0.1:0', socketPath });
});
afterAll(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});

interface Asked {
  readonly method: string;
  readonly path: string;
}

const asked = ({ method, path }: Operation): Asked => ({
  method,
  path: pathOf(
    { path },
    { params: { id: randomUUID(), step: 'build', path: 'a/b', name: 'demo' } },
  ),
});

function ask({ method, path }: Asked, permissions: Iterable<Permission>): Promise<Response> {
  const headers = { authorization: `Bearer ${tokenOf(permissions)}` };
  return fetch(`${api.url}${path}`, { method, headers });
}

/** Without a token, by the socket in the data directory. */
function askLocally({ method, path }: Asked): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const socketPath = join(directory, 'api.sock');
    const sent = request({ socketPath, method, path }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    sent.on('error', reject).end();
  });
}

it.each(['bearer', 'BEARER', 'Bearer '])('the scheme may be written %j', async (scheme) => {
  const headers = { authorization: `${scheme} ${tokenOf(['runs:read'])}` };
  // It is let in, and meets nothing.
  expect((await fetch(`${api.url}/api/v1/runs`, { headers })).status).toBe(500);
});

describe.each(
  guarded.map(({ operation, requires }) => [operation.id, requires, operation] as const),
)('%s requires %s', (_, requires, operation) => {
  it('of a caller who has everything else', async () => {
    const others = [...allPermissions].filter((name) => name !== requires);
    const response = await ask(asked(operation), others);
    expect(await response.json()).toMatchObject({
      status: 403,
      code: 'request.forbidden',
      detail: expect.stringContaining(`permission ${requires},`),
    });
  });

  it('and nothing more', async () => {
    const response = await ask(asked(operation), [requires]);
    await response.body?.cancel();
    if (localPermissions.has(requires)) expect(response.status).toBe(403);
    else expect([401, 403, 404, 405]).not.toContain(response.status);
  });

  it('of which the local administrator has every one', async () => {
    const { status } = await askLocally(asked(operation));
    expect([401, 403, 404, 405]).not.toContain(status);
  });
});

it('the question for the head of an answer requires what the answer does', async () => {
  const head = { method: 'HEAD', path: '/api/v1/runs' };
  expect((await ask(head, [])).status).toBe(403);
  expect((await ask(head, ['runs:read'])).status).not.toBe(403);
});

it('an address without an operation is unknown to everybody', async () => {
  expect((await ask({ method: 'GET', path: '/api/v1/nothing' }, [])).status).toBe(404);
  expect((await ask({ method: 'DELETE', path: '/api/v1/runs' }, remotePermissions)).status).toBe(
    405,
  );
});

it('is asked for before a byte of the body is', async () => {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  const length = 'content-type: application/json\r\ncontent-length: 1000';
  const authorization = `authorization: Bearer ${tokenOf(['runs:read'])}`;
  socket.write(`POST /api/v1/runs HTTP/1.1\r\nhost: x\r\n${authorization}\r\n${length}\r\n\r\n`);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 403 /);
  expect(answer).toContain('runs:start');
});
