import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeError, Fault } from '#libs/kernel';
import { MemoryExecutorGateway } from '#libs/testkit';
import { executorGatewayContract, oneStepAssignment } from './executor-gateway.contract.ts';
import {
  finishedRequestSchema,
  heartbeatRequestSchema,
  registerRequestSchema,
  startedRequestSchema,
} from './executor-gateway.ts';
import { HttpExecutorGateway } from './http-executor-gateway.ts';

const enrolment = 'enrolment-token';

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
}

async function answer(memory: MemoryExecutorGateway, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '', 'http://localhost');
  const [, , , , id = '', verb = ''] = url.pathname.split('/');
  const body = await readJson(request);
  const token = id === '' ? enrolment : `of-${id}`;
  if (request.headers.authorization !== `Bearer ${token}`) {
    throw new Fault('request.unauthorized', 'never', 'send a token');
  }
  const acknowledge = async (call: Promise<{ accepted: boolean }>) => {
    if (!(await call).accepted) throw new Fault('attempt.fenced', 'never', 'not yours');
    return {};
  };
  switch (`${request.method} ${verb}`) {
    case 'POST ':
      return memory.register(registerRequestSchema.parse(body));
    case 'POST heartbeat':
      return memory.heartbeat(id, heartbeatRequestSchema.parse(body));
    case 'GET assignments': {
      const after = Number(url.searchParams.get('after'));
      return memory.assignments(id, { after, waitMs: Number(url.searchParams.get('wait')) });
    }
    case 'POST started':
      return acknowledge(memory.started(id, startedRequestSchema.parse(body)));
    case 'POST finished': {
      const finished = finishedRequestSchema.parse(body);
      const accepted = await acknowledge(memory.finished(id, finished));
      memory.endRun(finished.runId, finished.report.outcome !== 'success');
      return accepted;
    }
    default:
      return memory.leave(id);
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function problemOf(error: unknown) {
  const code = error instanceof Fault ? error.code : 'request.invalid';
  const { status, title } = describeError(code);
  return { type: '/errors', title, status, detail: String(error), code };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

executorGatewayContract('HttpExecutorGateway', async () => {
  const memory = new MemoryExecutorGateway({
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  });
  const server = createServer((request, response) => {
    answer(memory, request).then(
      (body) => reply(response, body === undefined ? 204 : 200, body),
      (error: unknown) => {
        const problem = problemOf(error);
        reply(response, problem.status, problem);
      },
    );
  });
  const baseUrl = await listen(server);
  return {
    gateway: new HttpExecutorGateway({ baseUrl, token: enrolment }),
    uuid: randomUUID,
    async assign(executorId) {
      const runId = randomUUID();
      memory.assign(executorId, oneStepAssignment(runId));
      return { runId };
    },
    async cancel(runId, force) {
      memory.cancel(runId, force);
    },
    async declareLost(executorId) {
      memory.declareLost(executorId);
    },
    close: () => close(server),
  };
});

describe('HttpExecutorGateway and a bad network', () => {
  let server: Server | undefined;
  afterEach(async () => {
    if (server) await close(server);
    server = undefined;
  });
  const beat = { held: [], freeSlots: 1 };

  async function against(
    handler: (request: IncomingMessage, response: ServerResponse) => void,
    callTimeoutMs = 2_000,
  ) {
    server = createServer(handler);
    return new HttpExecutorGateway({ baseUrl: await listen(server), token: 'x', callTimeoutMs });
  }

  it('says that nobody answers', async () => {
    const gateway = new HttpExecutorGateway({ baseUrl: 'http://127.0.0.1:9', token: 'x' });
    await expect(gateway.heartbeat(randomUUID(), beat)).rejects.toMatchObject({
      code: 'server.unreachable',
      retry: 'backoff',
    });
  });

  it('gives up on a server that never answers', async () => {
    const gateway = await against(() => {}, 50);
    await expect(gateway.heartbeat(randomUUID(), beat)).rejects.toMatchObject({
      code: 'server.unreachable',
    });
  });

  it.each([
    [502, '<html>', 'server.unreachable', 'backoff'],
    [410, '', 'executor.gone', 'never'],
    [401, '', 'request.unauthorized', 'never'],
    [200, '{"leaseMs": "long"}', 'server.error', 'backoff'],
    [200, 'not JSON', 'server.error', 'backoff'],
  ])('reads %i %s as %s', async (status, text, code, retry) => {
    const gateway = await against((_, response) => {
      response.writeHead(status);
      response.end(text);
    });
    await expect(gateway.heartbeat(randomUUID(), beat)).rejects.toMatchObject({ code, retry });
  });
});
