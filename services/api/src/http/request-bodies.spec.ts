import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkEvent, eventDataBytesMax } from '#libs/events';
import type { FinishedRequest } from '#libs/executor-protocol';
import { storeSnapshot } from '#libs/sources';
import { silentLogger } from '#libs/telemetry';
import { MemoryBlobStore, memoryApplication } from '#libs/testkit';
import { type ApiParts, type RunningApi, startApi } from '../create-api.ts';
import { adminTokenVerifier } from './authentication.ts';

const secret = 'mrt_of-the-administrator';
const executor = randomUUID();
const limits = { connectionsMax: 32, strangersMax: 4, headMs: 500, jsonMs: 50, silenceMs: 500 };
const { connectionsMax, strangersMax } = limits;
/** Far more than is ever read of a body that nobody wants: one buffer of the kernel's, one of Node's. */
const littleBytes = 256 * 1024;
const largeBytes = 12 * 1024 * 1024;

/** Takes its time before it looks at what it is to store. */
class SlowBlobStore extends MemoryBlobStore {
  override async put(...args: Parameters<MemoryBlobStore['put']>) {
    await delay(storeMs);
    return super.put(...args);
  }
}

let api: RunningApi;
let storeMs: number;
let heartbeats: unknown[];
let reports: FinishedRequest[];
beforeAll(async () => {
  const bytesMax = 1_000_000;
  const blobs = new SlowBlobStore();
  const parts: Partial<ApiParts> = {
    ids: { uuid: randomUUID },
    logger: silentLogger,
    sourceBytesMax: bytesMax,
    application: memoryApplication([], ({ materials }) => ({
      materials: {
        ...materials,
        storeSnapshot: (_, tar) => storeSnapshot(blobs, tar, { bytesMax }),
      },
    })).application as ApiParts['application'],
    server: { version: '0.0.0' } as ApiParts['server'],
    verifyToken: adminTokenVerifier(secret),
    executorToken: (id) => `token-of-${id}`,
    gateway: {
      heartbeat: async (_id: string, request: unknown) => {
        heartbeats.push(request);
        return { leaseMs: 1, stop: [] };
      },
      finished: async (_id: string, request: FinishedRequest) => {
        reports.push(request);
        return { accepted: true };
      },
    } as unknown as ApiParts['gateway'],
  };
  api = await startApi(parts as ApiParts, { listen: '127.0.0.1:0' }, limits);
});
afterAll(() => api.close());

let requests: IncomingMessage[];
const onRequest = (message: unknown) =>
  requests.push((message as { request: IncomingMessage }).request);
beforeAll(() => subscribe('http.server.request.start', onRequest));
afterAll(() => void unsubscribe('http.server.request.start', onRequest));
beforeEach(() => {
  requests = [];
  storeMs = 0;
  heartbeats = [];
  reports = [];
});

function dial(): Socket {
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.on('error', () => {}); // the server may end it while something is on its way
  return socket;
}

const head = (path: string, headers: Record<string, string | number>, method = 'POST') =>
  `${method} ${path} HTTP/1.1\r\nhost: x\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** Everything that comes until the server ends the connection. */
async function exchange(...pieces: (string | Uint8Array)[]): Promise<string> {
  const socket = dial();
  for (const piece of pieces) socket.write(piece);
  let answer = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    answer += piece;
  });
  // The server may reset the connection while something is still being written: what came before that is the answer.
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
  socket.destroy();
  return answer;
}

/** As much as an event holds, to the byte. */
function largestReport(): FinishedRequest {
  const ref = { step: 'last', attempt: 1, fence: 1 };
  const reportOf = (message: string) => ({
    outcome: 'failure' as const,
    cause: 'exit' as const,
    exitCode: 255,
    message,
    artifacts: Array.from({ length: 200 }, (_, at) => ({
      name: `${'ä'.repeat(105)}-${at}`,
      size: Number.MAX_SAFE_INTEGER,
      sha256: 'f'.repeat(64),
    })),
  });
  const bytes = Buffer.byteLength(JSON.stringify({ ...ref, ...reportOf('') }));
  const report = reportOf('x'.repeat(eventDataBytesMax - bytes));
  return { runId: randomUUID(), ...ref, report };
}

const json = { 'content-type': 'application/json' };
const asAdmin = { authorization: `Bearer ${secret}` };
const asExecutor = { authorization: `Bearer token-of-${executor}` };
const executors = '/internal/v1/executors';

describe('what counts as asked for', () => {
  it('is what somebody asks who may', async () => {
    const before = api.requests.begun;
    await exchange(head('/livez', { connection: 'close' }, 'GET'));
    await exchange(head('/api/v1/nothing', { connection: 'close' }, 'GET'));
    await exchange(head('/api/v1/%zz', { connection: 'close' }, 'GET'));
    await exchange(head('/internal/v1/server', { ...asAdmin, connection: 'close' }, 'GET'));
    expect(api.requests.begun).toBe(before);
    await exchange(head('/api/v1/nothing', { ...asAdmin, connection: 'close' }, 'GET'));
    expect(api.requests.begun).toBe(before + 1);
    expect(api.requests.open).toBe(0);
  });
});

describe('a body without credentials', () => {
  const paths = [
    executors,
    `${executors}/${executor}/heartbeat`,
    `${executors}/${executor}/finished`,
    '/internal/v1/work',
    '/internal/v1/nowhere',
    '/api/v1/runs',
    '/api/v1/pipelines/validate',
    '/nowhere',
  ];

  it.each(paths)('is not waited for at %s', async (path) => {
    const answer = await exchange(head(path, { ...json, 'content-length': largeBytes }));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/connection: close/i);
  });

  it.each(paths)('is not read at %s', async (path) => {
    const answer = await exchange(
      head(path, { ...json, 'content-length': largeBytes }),
      Buffer.alloc(largeBytes, ' '),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.socket.bytesRead).toBeLessThan(littleBytes);
  });

  it('is not read with the token of another executor', async () => {
    const answer = await exchange(
      head(`${executors}/${randomUUID()}/heartbeat`, {
        ...json,
        ...asExecutor,
        'content-length': 9,
      }),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(heartbeats).toEqual([]);
  });

  it('is not asked for', async () => {
    const expectation = { expect: '100-continue', 'content-length': 9 };
    const answer = await exchange(head('/api/v1/runs', { ...json, ...expectation }));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('a body with credentials', () => {
  const heartbeat = (headers: Record<string, string | number>) =>
    head(`${executors}/${executor}/heartbeat`, {
      ...json,
      ...asExecutor,
      connection: 'close',
      ...headers,
    });
  const body = '{"held":[],"freeSlots":1}';

  it('is asked for where the client asks first', async () => {
    const answer = await exchange(
      heartbeat({ expect: '100-continue', 'content-length': body.length }),
      body,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    expect(heartbeats).toHaveLength(1);
  });

  it.each([
    ['POST', executors, asAdmin],
    ['POST', `${executors}/${executor}/heartbeat`, asExecutor],
    ['POST', `${executors}/${executor}/started`, asExecutor],
    ['POST', `${executors}/${executor}/finished`, asExecutor],
    ['POST', '/api/v1/runs/1/cancel', asAdmin],
    ['POST', '/nowhere', asAdmin],
  ])('is refused unread where it is larger than %s %s needs', async (method, path, as) => {
    const answer = await exchange(
      head(path, { ...json, ...as, 'content-length': largeBytes }, method),
      Buffer.alloc(largeBytes, ' '),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(requests[0]?.socket.bytesRead).toBeLessThan(littleBytes);
  });

  it('may be the end of an attempt that fills an event', async () => {
    const request = largestReport();
    const { runId: _, report, ...ref } = request;
    const { json: data } = checkEvent({ type: 'run.step-finished', data: { ...ref, ...report } });
    expect(Buffer.byteLength(data)).toBe(eventDataBytesMax);
    const response = await fetch(`${api.url}${executors}/${executor}/finished`, {
      method: 'POST',
      headers: { ...json, ...asExecutor },
      body: JSON.stringify(request),
    });
    expect(response.status).toBe(200);
    expect(reports).toEqual([request]);
  });

  it('is counted where its length is not said', async () => {
    const chunk = `${(64 * 1024).toString(16)}\r\n${' '.repeat(64 * 1024)}\r\n`;
    const answer = await exchange(
      heartbeat({ 'transfer-encoding': 'chunked' }),
      ...Array.from({ length: 160 }, () => chunk),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(requests[0]?.socket.bytesRead).toBeLessThan(4 * littleBytes);
  });

  it('has its time', async () => {
    const answer = await exchange(heartbeat({ 'content-length': body.length }), body.slice(0, 5));
    expect(answer).toBe('');
    expect(heartbeats).toEqual([]);
  });

  it('has time as long as it comes where it is a source, and none to be silent', async () => {
    const socket = dial();
    const ended = new Promise((resolve) => socket.once('close', resolve));
    const type = { 'content-type': 'application/x-tar', 'content-length': 100_000 };
    socket.write(head('/api/v1/sources', { ...asAdmin, ...type }));
    // Longer than a silence may last.
    for (let count = 0; count < 12; count += 1) {
      socket.write('x');
      await delay(limits.silenceMs / 10);
    }
    expect(socket.destroyed).toBe(false);
    await ended;
  });

  it('is not silent while it waits for us', async () => {
    storeMs = 3 * limits.silenceMs;
    const tar = pack();
    tar.entry({ name: 'file' }, 'x'.repeat(400_000));
    tar.finalize();
    const bytes = await buffer(tar);
    const type = { 'content-type': 'application/x-tar', 'content-length': bytes.length };
    const request = head('/api/v1/sources', { ...asAdmin, ...type, connection: 'close' });
    expect(await exchange(request, bytes)).toMatch(/^HTTP\/1\.1 201 /);
  });
});

describe('an answer that comes before the end of the body', () => {
  it('is there for a client that sends on before it reads, but not for ever', async () => {
    const socket = connect({ port: Number(new URL(api.url).port), allowHalfOpen: true });
    const errors: unknown[] = [];
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', (error) => errors.push(error));
    socket.write(head('/api/v1/runs', { ...json, 'content-length': largeBytes }));
    for (let count = 0; count < 3; count += 1) {
      await delay(50);
      socket.write('x');
    }
    const [answer] = await once(socket.setEncoding('utf8'), 'data');
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(errors).toEqual([]);
    // It never ends its side.
    const sending = setInterval(() => socket.write('x'), 50);
    await closed;
    clearInterval(sending);
  });
});

describe('a head', () => {
  it('has its time', async () => {
    expect(await exchange('GET /nowhere HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('connections', () => {
  it('are no more than a process can have open', async () => {
    const request = head('/nowhere', asAdmin, 'GET');
    const sockets = Array.from({ length: connectionsMax + 8 }, dial);
    const answers = await Promise.all(
      sockets.map((socket) => {
        socket.write(request);
        return new Promise<boolean>((resolve) => {
          socket.once('data', () => resolve(true)).once('close', () => resolve(false));
        });
      }),
    );
    expect(answers.filter((isAnswered) => isAnswered).length).toBeLessThanOrEqual(connectionsMax);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(() => exchange(head('/nowhere', { ...asAdmin, connection: 'close' }, 'GET')))
      .toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('connections that say nothing', () => {
  it('displace themselves and nobody else', async () => {
    const welcome = dial();
    const alive = head('/nowhere', asAdmin, 'GET');
    const answered = () =>
      new Promise<string>((resolve) => welcome.once('data', (bytes) => resolve(String(bytes))));
    welcome.write(alive);
    expect(await answered()).toMatch(/^HTTP\/1\.1 404 /);
    const silent = Array.from({ length: 3 * strangersMax }, dial);
    const ended = silent.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of silent) socket.write('GET / HTTP/1.1\r\nx');
    await Promise.all(ended.slice(0, 2 * strangersMax));
    welcome.write(alive);
    expect(await answered()).toMatch(/^HTTP\/1\.1 404 /);
    expect(await exchange(head('/nowhere', { ...asAdmin, connection: 'close' }, 'GET'))).toMatch(
      /^HTTP\/1\.1 404 /,
    );
    for (const socket of [welcome, ...silent]) socket.destroy();
  });
});
