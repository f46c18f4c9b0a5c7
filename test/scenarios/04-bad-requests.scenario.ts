import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Operation, operations, problemSchema } from '#libs/api-contract';
import { freshDirectory, TestServer } from './harness.ts';

const directory = freshDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({ dataDir: `${directory.path}/data` });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const uuid = '01900000-0000-7000-8000-000000000001';
const pathOf = (operation: Operation) =>
  operation.path
    .replace('{id}', uuid)
    .replace('{step}', 'build')
    .replace('{name}', 'demo')
    .replace('{path}', 'a/b');

/** The problem that an answer is; anything else is a failure. */
async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(JSON.stringify(problem)).not.toMatch(/\bat .*\.[jt]s:\d+/);
  return { status: problem.status, code: problem.code };
}

const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  server.request(path, {
    method: 'POST',
    body: body as NonNullable<RequestInit['body']>,
    headers: { 'content-type': 'application/json', ...headers },
  });

/** A path as it is, without what a client would make of it. */
function rawGet(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.file.url);
    const request = httpRequest({ hostname, port, path, headers, method: 'GET' }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end();
  });
}

describe('without a token', () => {
  const closed = Object.values<Operation>(operations).filter(
    ({ requires }) => requires !== 'nothing',
  );

  it.each(closed.map((operation) => [operation.id, operation] as const))(
    '%s is refused',
    async (_, operation) => {
      const response = await server.request(pathOf(operation), {
        method: operation.method,
        token: null,
      });
      expect(response.headers.get('www-authenticate')).toContain('Bearer');
      expect(await problemOf(response)).toEqual({ status: 401, code: 'request.unauthorized' });
    },
  );

  it.each([
    'Bearer nothing',
    'Bearer',
    'Basic YTpi',
    'bearer x',
    `Bearer ${'x'.repeat(5000)}`,
    'Bearer a b',
    '',
  ])('as with %j', async (authorization) => {
    const response = await server.request('/api/v1/runs', { headers: { authorization } });
    expect(await problemOf(response)).toEqual({ status: 401, code: 'request.unauthorized' });
  });

  it.each([
    '/',
    '/nowhere',
    '//api/v1/runs',
    '/%61pi/v1/runs',
    '/api/v1/runs/',
    '/api/v1/runs;x',
    '/API/V1/RUNS',
    '/api/v1/../v1/runs',
    '/metrics',
    '/docs',
    '/graphql',
    '/badge/x',
    '/internal/v1',
    '/%',
    '/api/v1/runs/%zz',
    '/livez/%',
  ])('%s is no way in', async (path) => expect(await rawGet(path)).toBe(401));

  it.each([
    '/livez',
    '/readyz',
    '/version',
    '/api/v1/openapi.json',
    '/docs/problems/request.unauthorized',
  ])('%s is open', async (path) => {
    const response = await server.request(path, { token: null });
    expect(response.status).toBe(200);
  });

  it('no executor call is taken', async () => {
    for (const [path, method] of [
      ['/internal/v1/executors', 'POST'],
      [`/internal/v1/executors/${uuid}/heartbeat`, 'POST'],
      [`/internal/v1/executors/${uuid}/assignments?after=0`, 'GET'],
    ] as const) {
      const response = await server.request(path, { method, token: null });
      expect(await problemOf(response)).toEqual({ status: 401, code: 'request.unauthorized' });
    }
  });
});

describe('a bad body', () => {
  const yaml = 'name: a\nsteps: [{ id: a, cmd: "true" }]';
  const deep = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;

  it.each([
    ['nothing', '', 400, 'request.invalid'],
    ['no JSON', '{', 400, 'request.malformed'],
    ['a list', '[]', 400, 'request.invalid'],
    ['a word', '"yaml"', 400, 'request.invalid'],
    ['null', 'null', 400, 'request.invalid'],
    [
      'broken UTF-8',
      Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      400,
      'request.malformed',
    ],
    ['NUL', '{"pipeline": "a\\u0000"}', 400, 'request.invalid'],
    ['a lone surrogate', '{"pipeline": "\\ud800"}', 400, 'request.invalid'],
    ['__proto__', '{"__proto__": {"admin": true}, "yaml": "x"}', 400, 'request.invalid'],
    ['an abyss', deep, 400, 'request.invalid'],
    ['an unknown field', JSON.stringify({ yaml, role: 'admin' }), 400, 'request.invalid'],
    ['a wrong type', JSON.stringify({ yaml: 7 }), 400, 'request.invalid'],
    ['two pipelines', JSON.stringify({ yaml, pipeline: 'a' }), 400, 'request.invalid'],
    ['a wrong isolation', JSON.stringify({ yaml, isolation: 'some' }), 400, 'request.invalid'],
    [
      'an isolation nobody gives',
      JSON.stringify({ yaml, isolation: 'strict' }),
      422,
      'isolation.unavailable',
    ],
    [
      'a path as source',
      JSON.stringify({ yaml, source: { kind: 'path', path: '/etc' } }),
      400,
      'request.invalid',
    ],
    [
      'a git source without a commit',
      JSON.stringify({ yaml, source: { kind: 'git', url: 'https://example.org/x' } }),
      400,
      'request.invalid',
    ],
    [
      'an unknown snapshot',
      JSON.stringify({ yaml, source: { kind: 'snapshot', digest: `sha256:${'0'.repeat(64)}` } }),
      404,
      'source.not-found',
    ],
    ['an unknown input', JSON.stringify({ yaml, inputs: { x: '1' } }), 400, 'run.input-unknown'],
    [
      'an input of a wrong type',
      JSON.stringify({ yaml, inputs: { x: [] } }),
      400,
      'request.invalid',
    ],
    ['a bad trigger key', JSON.stringify({ yaml, trigger: { key: 'x' } }), 400, 'request.invalid'],
    ['an unknown pipeline', JSON.stringify({ pipeline: 'nosuch' }), 404, 'pipeline.not-found'],
    [
      'an invalid pipeline',
      JSON.stringify({ yaml: 'name: a\nsteps: [{ id: a, cmd: x, depends_on: [b] }]' }),
      422,
      'pipeline.invalid',
    ],
    ['NUL in the YAML', JSON.stringify({ yaml: 'name: a\u0000' }), 422, 'pipeline.invalid'],
    ['a huge body', JSON.stringify({ yaml: 'x'.repeat(13_000_000) }), 413, 'request.too-large'],
    ['a large pipeline', JSON.stringify({ yaml: 'x'.repeat(2_000_000) }), 400, 'request.invalid'],
  ])('%s', async (_, body, status, code) => {
    expect(await problemOf(await post('/api/v1/runs', body))).toEqual({ status, code });
  });

  it('of another type', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      expect(await problemOf(await post('/api/v1/runs', '{}', { 'content-type': type }))).toEqual({
        status: 415,
        code: 'request.media-type',
      });
    }
  });

  it('names the place', async () => {
    const response = await post(
      '/api/v1/runs',
      JSON.stringify({ yaml, source: { kind: 'git', url: 'x', commit: 'HEAD' } }),
    );
    const problem = problemSchema.parse(await response.json());
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/source/commit']);
  });

  it('lists every diagnostic', async () => {
    const response = await post(
      '/api/v1/runs',
      JSON.stringify({
        yaml: 'name: a\nsteps:\n  - { id: a, cmd: x, depends_on: [b] }\n  - { id: a, cmdd: x }\n',
      }),
    );
    const problem = problemSchema.parse(await response.json());
    expect(problem.diagnostics?.map(({ code, line }) => [code, line])).toEqual(
      expect.arrayContaining([
        ['graph.unknown-dependency', 3],
        ['step.duplicate-id', 4],
        ['schema.unknown-key', 4],
      ]),
    );
  });
});

describe('a bad address', () => {
  it.each([
    ['GET', `/api/v1/runs/${uuid}`, 404, 'run.not-found'],
    ['GET', '/api/v1/runs/99999', 404, 'run.not-found'],
    ['GET', '/api/v1/runs/latest', 404, 'run.not-found'],
    ['GET', '/api/v1/runs/abc', 400, 'request.invalid'],
    ['GET', '/api/v1/runs/%00', 400, 'request.invalid'],
    ['GET', '/api/v1/runs/%', 400, 'request.invalid'],
    ['GET', '/api/v1/runs/%E0%A4%A', 400, 'request.invalid'],
    ['POST', '/%zz', 400, 'request.invalid'],
    ['GET', '/livez/%', 400, 'request.invalid'],
    ['GET', `/api/v1/runs/${uuid}/steps/Bad!/logs`, 400, 'request.invalid'],
    ['GET', `/api/v1/runs/${uuid}/steps/a/logs`, 404, 'run.not-found'],
    ['GET', `/api/v1/runs/${uuid}/artifacts/../../../etc/passwd`, 404, 'request.not-found'],
    ['GET', `/api/v1/runs/${uuid}/artifacts/..%2F..%2Fetc%2Fpasswd`, 404, 'run.not-found'],
    ['GET', `/api/v1/runs/${uuid}/state?at=yesterday`, 404, 'run.not-found'],
    ['POST', `/api/v1/runs/${uuid}/cancel`, 404, 'run.not-found'],
    ['POST', `/api/v1/runs/${uuid}/retry`, 404, 'run.not-found'],
    ['GET', `/api/v1/executors/${uuid}`, 404, 'executor.not-found'],
    ['POST', `/api/v1/executors/${uuid}/drain`, 404, 'executor.not-found'],
    ['GET', '/api/v1/executors/x', 400, 'request.invalid'],
    ['GET', '/api/v1/pipelines/nosuch/versions', 404, 'pipeline.not-found'],
    ['POST', '/api/v1/projections/nosuch/rebuild', 404, 'request.not-found'],
    ['POST', '/api/v1/projections/nosuch/skip', 404, 'request.not-found'],
    ['POST', '/api/v1/projections/queue/skip', 409, 'projection.not-stopped'],
    ['GET', '/api/v1/runs?limit=0', 400, 'request.invalid'],
    ['GET', '/api/v1/runs?limit=1001', 400, 'request.invalid'],
    ['GET', '/api/v1/runs?limit=many', 400, 'request.invalid'],
    ['GET', '/api/v1/runs?status=odd', 400, 'request.invalid'],
    ['GET', '/api/v1/runs?colour=red', 400, 'request.invalid'],
    ['GET', '/api/v1/runs?cursor=nonsense', 400, 'request.cursor'],
    ['GET', '/api/v1/runs?pipeline=%00', 400, 'request.invalid'],
    ['GET', '/api/v1/queue?cursor=nonsense', 400, 'request.cursor'],
    ['GET', '/api/v1/events?after=-1', 400, 'request.invalid'],
    ['GET', '/api/v1/events?types=no.such', 400, 'request.invalid'],
    ['GET', '/api/v1/events?cursor=!!', 400, 'request.cursor'],
    ['GET', '/api/v1/runs?waitFor=999999&timeoutMs=50', 409, 'position.not-reached'],
    ['GET', '/api/v1/nosuch', 404, 'request.not-found'],
    ['PUT', '/api/v1/runs', 405, 'request.method'],
    ['DELETE', `/api/v1/runs/${uuid}`, 405, 'request.method'],
    ['PATCH', '/livez', 405, 'request.method'],
    ['PROPFIND', '/api/v1/runs', 405, 'request.method'],
    ['OPTIONS', '/api/v1/runs', 405, 'request.method'],
    ['MKCOL', `/api/v1/runs/${uuid}/steps/a/logs`, 405, 'request.method'],
  ])('%s %s', async (method, path, status, code) => {
    expect(await problemOf(await server.request(path, { method }))).toEqual({ status, code });
  });

  it('points at a parameter that there is not, and says which one was meant', async () => {
    const response = await server.request('/api/v1/runs?limt=1');
    const detail = 'there is no parameter "limt", did you mean "limit"?';
    expect(problemSchema.parse(await response.json())).toMatchObject({
      detail: `query.limt: ${detail}`,
      errors: [{ pointer: '/query/limt', detail }],
    });
  });

  it('says which methods there are', async () => {
    const response = await server.request('/api/v1/runs', { method: 'PUT' });
    expect(response.headers.get('allow')).toBe('POST, GET');
  });
});

describe('limits of the machine', () => {
  it('refuses new runs where the disk is nearly full, and says when to come back', async () => {
    const full = freshDirectory();
    const small = await TestServer.start({
      dataDir: `${full.path}/data`,
      env: { MILLRACE_DISK_FREE_MIN: String(2 ** 52) },
    });
    try {
      const response = await small.request('/api/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ yaml: 'name: a\nsteps: [{ id: a, cmd: "true" }]' }),
      });
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(await problemOf(response)).toEqual({ status: 503, code: 'server.disk-low' });
    } finally {
      await small.stop();
      full.remove();
    }
  });

  it('is still well after all this', async () => {
    expect((await server.run({ yaml: 'name: a\nsteps: [{ id: a, cmd: "true" }]' })).outcome).toBe(
      'success',
    );
    expect((await server.request('/metrics')).status).toBe(200);
    expect(
      ((await (await server.request('/api/v1/openapi.json')).json()) as { openapi: string })
        .openapi,
    ).toBe('3.1.0');
  });
});
