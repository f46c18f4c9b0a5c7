import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type ServerFile, serverProtocol } from '#libs/api-contract';
import { claimDataDirectory, processIdentity, socketFetch } from '#libs/data-dir';
import { takesRoot } from '#libs/testkit';
import { freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function started(dataDir: string): Promise<TestServer> {
  const server = await TestServer.start({ dataDir });
  ends.push(() => server.stop());
  return server;
}

const cli = (dataDir: string, ...args: string[]) =>
  millrace(['--data-dir', dataDir, ...args], { cwd: directory.path });

describe('the socket in the data directory', { timeout: 60_000 }, () => {
  it('makes who connects there the administrator, without a token', async () => {
    const server = await started(join(directory.path, 'local'));
    const call = socketFetch(server.dataDir);
    const runs = `${server.file.url}/api/v1/runs`;
    expect((await call(runs)).status).toBe(200);
    expect((await fetch(runs)).status).toBe(401);
    const wrong = { headers: { authorization: 'Bearer wrong-wrong-wrong-wrong' } };
    expect((await call(runs, wrong)).status).toBe(401);
    const right = { headers: { authorization: `Bearer ${server.token}` } };
    expect((await call(runs, right)).status).toBe(200);

    rmSync(join(server.dataDir, 'admin-token'));
    const yaml = join(directory.path, 'local.yaml');
    writeFileSync(yaml, 'name: local\nsteps:\n  - { id: only, cmd: echo local }\n');
    const run = await cli(server.dataDir, 'run', yaml, '--source', 'none');
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('local') });
    const events = await cli(server.dataDir, 'events', '--json');
    expect(
      JSON.parse(events.stdout.split('\n').find((line) => line.includes('run.queued')) ?? ''),
    ).toMatchObject({
      actor: 'user:admin',
    });
  });

  it('is the owner’s alone, goes with its server, and takes the place of one that was left', async () => {
    const dataDir = join(directory.path, 'lifetime');
    const path = join(dataDir, 'api.sock');
    const first = await started(dataDir);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await first.kill();
    expect(existsSync(path)).toBe(true);
    const second = await started(dataDir);
    expect((await cli(dataDir, 'runs')).code).toBe(0);
    await second.stop();
    expect(existsSync(path)).toBe(false);
  });

  it('is reached however long the path of the directory is', async () => {
    const dataDir = join(directory.path, 'long'.repeat(40), 'path'.repeat(40));
    await started(dataDir);
    expect(await cli(dataDir, 'runs')).toMatchObject({ code: 0 });
  });

  it('is not used where others can enter the directory', async () => {
    const dataDir = join(directory.path, 'open');
    const server = await started(dataDir);
    chmodSync(dataDir, 0o711);
    const words = {
      code: 3,
      stderr: expect.stringMatching(
        /has mode 711, so that others can enter it.*\[data-dir\.not-private\]/,
      ),
    };
    expect(await cli(dataDir, 'runs')).toMatchObject(words);
    await server.stop();
    expect(await cli(dataDir, 'run', 'none.yaml')).toMatchObject({ code: 2 });
    expect(await cli(dataDir, 'dev')).toMatchObject(words);
  });

  it.runIf(takesRoot)('is not used where another user owns the directory', async () => {
    const dataDir = join(directory.path, 'foreign');
    mkdirSync(dataDir, { mode: 0o700 });
    chownSync(dataDir, 12345, 12345);
    const words = {
      code: 3,
      stderr: expect.stringMatching(/belongs to user 12345, .*\[data-dir\.not-private\]/),
    };
    expect(await cli(dataDir, 'runs')).toMatchObject(words);
    expect(await cli(dataDir, 'dev')).toMatchObject(words);
  });
});

describe('a stranger on the port of a server that is gone', { timeout: 60_000 }, () => {
  /** A program that listens on a port and remembers what it was told. */
  async function stranger() {
    const heard: string[] = [];
    const server = createServer((request, response) => {
      heard.push(JSON.stringify(request.headers));
      response.setHeader('content-type', 'application/json').end('{"items":[],"next":null}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
  }

  it.each([
    ['that has its pid as well', 'another start', 'data-dir.no-database'],
    ['whatever server.json says', processIdentity(process.pid) ?? '', 'server.unreachable'],
  ])('%s hears nothing', async (_, identity, code) => {
    const dataDir = join(directory.path, `stranger-${identity.length}`);
    const { url, heard } = await stranger();
    claimDataDirectory(dataDir);
    writeFileSync(join(dataDir, 'admin-token'), 'a-token-that-is-secret\n');
    const file: ServerFile = {
      url,
      pid: process.pid,
      identity,
      startedAt: new Date().toISOString(),
      version: '0.1.0',
      builtAt: '',
      protocol: serverProtocol,
      mode: 'foreground',
      settings: {},
    };
    writeFileSync(join(dataDir, 'server.json'), JSON.stringify(file));
    const answer = await cli(dataDir, 'runs');
    expect(heard).toEqual([]);
    expect(answer).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(code),
    });
  });
});
