import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openOwnDirectory } from './own-directory.ts';
import { apiSocketName, socketFetch } from './socket-fetch.ts';

let base = '';
let dir = '';
const ends: (() => void)[] = [];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'millrace-socket-'));
  // Far longer than a socket's path may be.
  dir = join(base, 'd'.repeat(200));
  mkdirSync(dir, { mode: 0o700 });
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(base, { recursive: true, force: true });
});

const url = 'http://127.0.0.1:9';

/** An HTTP server on the socket of the directory. */
async function serve(answer: RequestListener) {
  const own = openOwnDirectory(dir);
  const server = createServer(answer).listen(own.at(apiSocketName));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await once(server, 'listening');
  ends.push(() => {
    server.closeAllConnections();
    server.close();
    own.close();
  });
  return { server, connections: () => connections };
}

it('sends what it is given, reads what comes, and keeps its connection', async () => {
  const { connections } = await serve(async (request, response) => {
    const body = (await request.toArray()).join('');
    response.writeHead(201, { 'x-seen': `${request.method} ${request.url}` });
    response.end(`${request.headers['content-type']} ${body}`);
  });
  const call = socketFetch(dir);
  const headers = { 'content-type': 'text/plain' };
  const first = await call(`${url}/a?b=c`, { method: 'POST', headers, body: 'words' });
  expect([first.status, first.headers.get('x-seen')]).toEqual([201, 'POST /a?b=c']);
  expect(await first.text()).toBe('text/plain words');
  async function* pieces() {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  const second = await call(url, { method: 'POST', headers, body: pieces() as never });
  expect(await second.text()).toBe('text/plain one two');
  expect(connections()).toBe(1);
});

it('gives an answer piece by piece, and ends it when that is asked for', async () => {
  const closed = Promise.withResolvers<void>();
  await serve((_request, response) => {
    response.once('close', () => closed.resolve());
    response.write('first');
  });
  const abort = new AbortController();
  const response = await socketFetch(dir)(url, { signal: abort.signal });
  const reader = response.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
  const next = reader?.read();
  abort.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  await closed.promise;
});

it('answers without a body where there is none', async () => {
  await serve((_request, response) => void response.writeHead(204).end());
  const response = await socketFetch(dir)(url);
  expect([response.status, await response.text()]).toEqual([204, '']);
});

it('fails as fetch does when nobody listens, or the connection breaks', async () => {
  const call = socketFetch(dir);
  const failure = (code: string) => ({
    name: 'TypeError',
    cause: expect.objectContaining({ code }),
  });
  await expect(call(url)).rejects.toMatchObject(failure('ENOENT'));
  await serve((request, response) => {
    if (request.url === '/begun') response.write('first', () => response.destroy());
    else response.destroy();
  });
  await expect(call(url)).rejects.toMatchObject(failure('ECONNRESET'));
  await expect((await call(`${url}/begun`)).text()).rejects.toMatchObject(failure('ECONNRESET'));
});

it('asks nothing of a server in a directory that others can enter', async () => {
  let asked = 0;
  await serve((_request, response) => {
    asked += 1;
    response.end();
  });
  chmodSync(dir, 0o755);
  await expect(socketFetch(dir)(url)).rejects.toMatchObject({ code: 'data-dir.not-private' });
  expect(asked).toBe(0);
});

it('is told to stop while the end of an answer comes, and nobody is hurt', async () => {
  await serve((_request, response) => {
    response.write('all but ');
    setTimeout(() => response.end('one'), 1);
  });
  const call = socketFetch(dir);
  for (let turns = 0; turns < 100; turns += 1) {
    const abort = new AbortController();
    const response = await call(url, { signal: abort.signal });
    let chunks = 0;
    for await (const _chunk of response.body ?? []) {
      chunks += 1;
      if (chunks > turns % 2) break;
    }
    for (let turn = 0; turn < turns % 13; turn += 1) await Promise.resolve();
    abort.abort();
    await new Promise((done) => setTimeout(done, 1));
  }
});
