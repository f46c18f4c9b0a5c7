import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConnectionGate } from './connection-gate.ts';

let server: Server;
let gate: ConnectionGate;
let known: Socket[];
const clients: Socket[] = [];
beforeEach(async () => {
  known = [];
  gate = new ConnectionGate({ strangersMax: 2 });
  server = createServer();
  gate.guard(server);
  server.on('connection', (socket: Socket) => known.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
});

async function connected(): Promise<Socket> {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  clients.push(client);
  await once(client, 'connect');
  await delay(20);
  return client;
}

it('ends the oldest of too many connections that have shown no credentials', async () => {
  const first = await connected();
  const closed = once(first, 'close');
  const second = await connected();
  const third = await connected();
  await closed;
  expect([second.destroyed, third.destroyed]).toEqual([false, false]);
});

it('never ends one that has shown them', async () => {
  const first = await connected();
  const [socket] = known;
  if (socket) gate.welcome(socket);
  for (let strangers = 0; strangers < 4; strangers += 1) await connected();
  expect(first.destroyed).toBe(false);
});

it('does not count those that have gone', async () => {
  const first = await connected();
  (await connected()).destroy();
  await delay(50);
  await connected();
  await delay(50);
  expect(first.destroyed).toBe(false);
});
