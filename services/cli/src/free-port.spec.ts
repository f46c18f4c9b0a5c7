import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { hasPort, requireFreePort } from './free-port.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** @returns the address of a program that answers each request with this */
async function listening(answer: object): Promise<string> {
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('lets a server listen where nobody does, and on port 0 anyway', async () => {
  const listen = await listening({});
  server?.close();
  await requireFreePort(listen);
  await requireFreePort('127.0.0.1:0');
});

it.each([
  ['another program', { hello: 'world' }],
  [
    'the Millrace server of another data directory',
    { name: 'millrace', version: '0.1.0', node: '24.0.0' },
  ],
])('says that %s has the port', async (owner, answer) => {
  const listen = await listening(answer);
  const refused = expect.objectContaining({ code: 'port.taken' });
  const error = await requireFreePort(listen).catch((thrown: unknown) => thrown);
  expect(error).toEqual(refused);
  expect(String(error)).toContain(`${listen} is in use by ${owner}`);
});

it('knows whether a server has the port that another is to take', () => {
  expect(hasPort('http://127.0.0.1:7420', '0.0.0.0:7420')).toBe(true);
  expect(hasPort('http://[::1]:7420', '[::1]:7421')).toBe(false);
});
