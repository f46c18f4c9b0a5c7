import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault, type Ids } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import { ApiModule, type Served } from './api.module.ts';
import {
  type Credentials,
  installAuthentication,
  isOpenRoute,
  requireAnybody,
} from './http/authentication.ts';
import { ConnectionGate, type ConnectionLimits } from './http/connection-gate.ts';
import { listenLocally } from './http/local-socket.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import {
  askBeforeContinue,
  type BodyLimits,
  bodyTimes,
  installBodies,
  jsonBytesMax,
} from './http/request-bodies.ts';
import { CountedRequests, type RequestCounts } from './http/request-counts.ts';

export interface RunningApi {
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string;
  readonly requests: RequestCounts;
  /** Finishes answers that end within 2 s, and closes the port. Idempotent. */
  close(): Promise<void>;
}

/** Everything that the HTTP side needs. The composition hands it in. */
export interface ApiParts extends Served, Credentials {
  readonly ids: Ids;
  readonly logger: Logger;
  /** The most bytes of an upload. */
  readonly sourceBytesMax: number;
}

/** Limits that tests set lower. */
export type ApiLimits = Partial<Pick<BodyLimits, 'jsonMs' | 'silenceMs'> & ConnectionLimits>;

export interface ListenOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  /** The path of a Unix socket for the local administrator, in a directory that only this user can enter and that this process has locked. */
  readonly socketPath?: string;
}

/**
 * Starts the HTTP side.
 *
 * @throws Fault `port.taken`, `data-dir.not-writable`
 */
export async function startApi(
  parts: ApiParts,
  { listen, socketPath }: ListenOptions,
  limits: ApiLimits = {},
): Promise<RunningApi> {
  const problems = new ProblemFilter(parts.logger);
  const adapter = new FastifyAdapter({
    genReqId: () => parts.ids.uuid(),
    bodyLimit: jsonBytesMax,
    // An upload may take long. `installBodies` limits the time of bodies.
    requestTimeout: 0,
    http: { connectionsCheckingInterval: 2_000 },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 1024 },
    // The router itself refuses such an address, so that neither hooks nor filters see the request.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      try {
        requireAnybody(request, parts);
        problems.answer(error, request, reply);
      } catch (unauthorized) {
        problems.answer(unauthorized, request, reply);
      }
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(parts), adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  // Nest hands errors of hooks and parsers to its global filters as well.
  app.useGlobalFilters(problems);
  const requests = new CountedRequests();
  prepareServer(adapter.getInstance() as unknown as FastifyInstance, parts, {
    ...limits,
    requests,
  });
  const url = await listenAt(app, listen);
  let closeSocket = () => {};
  try {
    const server = app.getHttpServer() as Server;
    if (socketPath !== undefined) closeSocket = await listenLocally(server, socketPath);
  } catch (error) {
    await app.close();
    throw error;
  }
  return {
    url,
    requests,
    close: async () => {
      await requests.untilAnswered();
      closeSocket();
      await app.close();
    },
  };
}

/**
 * Closes the server if it cannot listen.
 *
 * @param listen  `HOST:PORT`
 * @returns `http://host:port`
 * @throws Fault `port.taken`, `config.invalid`
 */
async function listenAt(app: NestFastifyApplication, listen: string): Promise<string> {
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, at).replace(/^\[|\]$/g, '');
  try {
    await app.listen({ host, port: Number(listen.slice(at + 1)) });
  } catch (cause) {
    await app.close();
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new Fault('port.taken', 'never', `${listen} is in use`, { cause });
    throw new Fault('config.invalid', 'never', `cannot listen on ${listen}: ${message}`, { cause });
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function prepareServer(
  server: FastifyInstance,
  parts: ApiParts,
  { requests, ...limits }: ApiLimits & { readonly requests: CountedRequests },
): void {
  const gate = new ConnectionGate(limits);
  gate.guard(server.server);
  askBeforeContinue(server.server);
  installAuthentication(server, parts);
  server.addHook('onRequest', async (request, reply) => {
    if (isOpenRoute(request)) return;
    gate.welcome(request.raw.socket);
    requests.add(request, reply);
  });
  const { sourceBytesMax } = parts;
  installBodies(server, { ...bodyTimes, sourceBytesMax, ...limits });
  server.addHook('onSend', async (_request, reply) => {
    void reply.header('x-content-type-options', 'nosniff');
  });
}
