import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import { ApiClient, ProblemError } from './api-client.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that answers all calls alike, and remembers them. */
async function answering(status: number, body: object) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.resume().once('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

async function goneAddress(): Promise<string> {
  const { url } = await answering(200, {});
  const server = servers.pop();
  server?.close();
  if (server) await once(server, 'close');
  return url;
}

const cancelled = { position: 7 };
const cancel = (client: ApiClient) =>
  client.call(operations.cancelRun, { params: { id: 'latest' }, body: {} });
const draining = {
  type: 'about:blank',
  title: 'The server is shutting down',
  status: 503,
  detail: 'the server is shutting down',
  code: 'server.draining',
};

describe('a client that can ask where the server is now', () => {
  it('makes a call again that nobody has taken', async () => {
    const there = await answering(202, cancelled);
    const client = new ApiClient(await goneAddress(), {
      token: 't',
      relocate: async () => there.url,
    });
    expect(await cancel(client)).toEqual(cancelled);
    expect(client.baseUrl).toBe(there.url);
    expect(there.seen).toHaveLength(1);
  });

  it.each([
    ['ends', { status: 503, code: 'server.draining' }],
    ['is not the one that it knows', { status: 401, code: 'request.unauthorized' }],
  ])('leaves a server that %s', async (_, { status, code }) => {
    const ending = await answering(status, { ...draining, status, code });
    const there = await answering(202, cancelled);
    const client = new ApiClient(ending.url, { token: 't', relocate: async () => there.url });
    expect(await cancel(client)).toEqual(cancelled);
  });

  it('takes any other no for an answer', async () => {
    const there = await answering(409, { ...draining, status: 409, code: 'log.conflict' });
    const client = new ApiClient(there.url, { token: 't', relocate: async () => there.url });
    await expect(cancel(client)).rejects.toBeInstanceOf(ProblemError);
    expect(there.seen).toHaveLength(1);
  });

  it('sends a body that can be read once only once', async () => {
    const there = await answering(201, {});
    const client = new ApiClient(await goneAddress(), {
      token: 't',
      relocate: async () => there.url,
    });
    const body = Readable.from(['tar']) as never;
    await expect(client.open(operations.uploadSource, { body })).rejects.toMatchObject({
      code: 'server.unreachable',
    });
    expect(there.seen).toEqual([]);
  });

  it('asks once: who is not there either is not there', async () => {
    const nowhere = await goneAddress();
    let asked = 0;
    const client = new ApiClient(nowhere, {
      relocate: async () => {
        asked += 1;
        return nowhere;
      },
    });
    await expect(cancel(client)).rejects.toMatchObject({ code: 'server.unreachable' });
    expect(asked).toBe(1);
  });
});

describe('an upload that fails', () => {
  const send = (url: string, body: AsyncIterable<Uint8Array>) =>
    new ApiClient(url, { token: 't' }).open(operations.uploadSource, { body: body as never });

  it('for a reason of the sender’s says that reason', async () => {
    const { url } = await answering(201, {});
    async function* half() {
      yield Buffer.alloc(100_000);
      throw new Fault('source.invalid', 'never', 'cannot read "a": EACCES');
    }
    await expect(send(url, half())).rejects.toMatchObject({
      code: 'source.invalid',
      message: 'cannot read "a": EACCES',
    });
  });

  it('by a broken connection does not say that nobody is there', async () => {
    const server = createServer((request) => void request.once('data', () => request.destroy()));
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    async function* endless() {
      for (;;) {
        await new Promise((next) => setImmediate(next));
        yield Buffer.alloc(100_000);
      }
    }
    await expect(send(url, endless())).rejects.toMatchObject({
      code: 'server.unreachable',
      message: `the connection to the server at ${url} broke`,
    });
  });

  it('where nobody is says so', async () => {
    const refused = send(await goneAddress(), Readable.from([Buffer.from('x')]));
    await expect(refused).rejects.toThrow(/^no server answers at /);
  });
});
