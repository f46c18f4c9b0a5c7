import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { Catch, Controller, type ExceptionFilter, Get, Module, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sendStream } from './send-stream.ts';

let app: NestFastifyApplication;
let port: number;
let source: Readable;
let complaints: unknown[];
let handled: PromiseWithResolvers<void>;
/** Held back until a test lets it go. */
let gate: PromiseWithResolvers<void>;

@Controller()
class Follower {
  @Get('/')
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await gate.promise;
    await sendStream(reply, source).finally(() => handled.resolve());
  }
}

@Module({ controllers: [Follower] })
class Followers {}

@Catch()
class Complaints implements ExceptionFilter {
  catch(error: unknown): void {
    complaints.push(error);
  }
}

beforeEach(async () => {
  complaints = [];
  handled = Promise.withResolvers();
  gate = Promise.withResolvers();
  app = await NestFactory.create<NestFastifyApplication>(Followers, new FastifyAdapter(), {
    logger: false,
  });
  app.useGlobalFilters(new Complaints());
  await app.listen(0, '127.0.0.1');
  port = (app.getHttpServer().address() as { port: number }).port;
});
afterEach(() => app.close());

/** Goes on for ever, as the log of a step does while it runs. */
const endless = () =>
  Readable.from(
    (async function* () {
      for (;;) {
        yield 'line\n';
        await pause(5);
      }
    })(),
  );

const pause = (ms: number) => new Promise((next) => setTimeout(next, ms));

async function ask() {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'connect');
  return socket;
}

it('sends all of it', async () => {
  source = Readable.from(['one\n', 'two\n']);
  gate.resolve();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('one\ntwo\n');
  expect(complaints).toEqual([]);
});

it('ends the source where the follower leaves, and nobody complains', async () => {
  source = endless();
  gate.resolve();
  const socket = await ask();
  await once(socket, 'data');
  const closed = once(source, 'close');
  socket.destroy();
  await Promise.all([closed, handled.promise]);
  await pause(20);
  expect(complaints).toEqual([]);
});

it('does so where the follower has left before anything was sent', async () => {
  source = endless();
  const socket = await ask();
  await pause(20);
  socket.destroy();
  await pause(20);
  const closed = once(source, 'close');
  gate.resolve();
  await Promise.all([closed, handled.promise]);
  await pause(20);
  expect(complaints).toEqual([]);
});
