import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '#libs/api-client';
import { operations, type RunDto, type StartRunBody } from '#libs/api-contract';
import { socketFetch } from '#libs/data-dir';
import { freshDirectory, millrace, TestServer } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

const stepOf = (cmd: string, more = '') =>
  `name: bounds\nsteps:\n  - { id: only, cmd: ${JSON.stringify(cmd)}${more} }\n`;

/** The same server, for the local administrator. */
function locally(server: TestServer): ApiClient {
  return new ApiClient(server.file.url, { transport: socketFetch(server.dataDir) });
}

/** Starts a run by one of the ways to a server, and waits for its end. */
async function run(server: TestServer, client: ApiClient, body: StartRunBody): Promise<RunDto> {
  return server.finished((await client.call(operations.startRun, { body })).id);
}

describe('a server where steps are plain processes', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    const env = { MILLRACE_ISOLATION_MIN: '' };
    server = await TestServer.start({ dataDir: join(directory.path, 'plain'), env });
  });
  afterAll(() => server.stop());

  it('runs them for the local administrator alone, and says which setting changes that', async () => {
    const body = { yaml: stepOf('echo here'), isolation: 'none' } as const;
    expect((await run(server, locally(server), body)).outcome).toBe('success');
    await expect(run(server, server.client, body)).rejects.toMatchObject({
      problem: {
        code: 'isolation.unavailable',
        detail: expect.stringMatching(/isolation_min .*MILLRACE_ISOLATION_MIN=none/),
      },
    });
  });

  it('says at its start that nothing is contained, and so does doctor', async () => {
    const said = readFileSync(join(server.dataDir, 'server.out'), 'utf8');
    expect(said).toMatch(/WARNING: .*WITHOUT ISOLATION: .*token .*socket.*database.*network/);
    const asked = ['--data-dir', server.dataDir, '--sandbox', 'process', 'doctor', '--json'];
    const { code, stdout } = await millrace(asked, { cwd: directory.path });
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/"sandbox process","state":"note",.*no isolation, .*token .*database/),
    ]);
  });

  it('says in each log that nothing is contained', async () => {
    const { id } = await run(server, locally(server), { yaml: stepOf('echo here') });
    const [first] = await server.log(id, 'only', { system: true });
    expect(first).toMatch(/plain process, without isolation: .*token, socket and database/);
  });

  it('does not let others repeat what the local administrator ran', async () => {
    const { id } = await run(server, locally(server), { yaml: stepOf('exit 1') });
    const params = { id };
    const retry = (client: ApiClient) =>
      client.call(operations.retryRun, { params, body: { failed: true } });
    await expect(retry(server.client)).rejects.toMatchObject({
      problem: { code: 'isolation.unavailable' },
    });
    expect((await server.finished((await retry(locally(server))).id)).outcome).toBe('failure');
  });
});

describe('a server with containers', { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    const dataDir = join(directory.path, 'contained');
    server = await TestServer.start({ dataDir, sandbox: 'oci' });
  });
  afterAll(() => server.stop());

  const ownNetwork = readlinkSync('/proc/self/ns/net');
  const networkOf = async ({ id }: RunDto) => (await server.log(id, 'only')).at(-1);
  const look = 'readlink /proc/self/ns/net';

  it('isolates what comes over TCP, whatever it asks for', async () => {
    const body = { yaml: stepOf('echo here', ', isolation: none'), isolation: 'none' } as const;
    expect(await run(server, server.client, body)).toMatchObject({
      isolation: 'standard',
      outcome: 'success',
    });
    expect(await run(server, locally(server), body)).toMatchObject({ isolation: 'none' });
  });

  it('gives the network to the local administrator, unless the file says none, and to nobody over TCP', async () => {
    const local = locally(server);
    const unsaid = { yaml: stepOf(look) };
    expect(await networkOf(await run(server, local, unsaid))).toBe(ownNetwork);
    expect(await networkOf(await run(server, server.client, unsaid))).not.toBe(ownNetwork);
    const none = { yaml: stepOf(look, ', network: none') };
    expect(await networkOf(await run(server, local, none))).not.toBe(ownNetwork);
    const host = { yaml: stepOf(look, ', network: host') };
    expect(await networkOf(await run(server, local, host))).toBe(ownNetwork);
    await expect(run(server, server.client, host)).rejects.toMatchObject({
      problem: {
        code: 'network.not-allowed',
        detail: expect.stringMatching(/step only .*network_max .*MILLRACE_NETWORK_MAX=host/),
      },
    });
  });

  it('decides again for whoever retries', async () => {
    const first = await run(server, locally(server), { yaml: stepOf(`${look}; exit 1`) });
    expect(first.isolation).toBe('none');
    const { id } = await server.client.call(operations.retryRun, {
      params: { id: first.id },
      body: { failed: true },
    });
    const second = await server.finished(id);
    expect(second.isolation).toBe('standard');
    expect(await networkOf(second)).not.toBe(ownNetwork);
    const { items } = await server.client.call(operations.listRunEvents, { params: { id } });
    expect(items[0]?.data).toMatchObject({ isolation: 'standard', network: 'none' });
  });

  it('keeps the sockets of the machine from steps that come over TCP, and its own from every step', async () => {
    const abstract = createServer((socket) => socket.end()).listen('\0millrace-bounds');
    await once(abstract, 'listening');
    try {
      const connectTo = (address: string) =>
        stepOf(
          `perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; print connect($s, pack_sockaddr_un(${address})) ? "reached" : "none", "\\n"'`,
        );
      const hidden = { yaml: connectTo('"\\0millrace-bounds"') };
      expect(await networkOf(await run(server, locally(server), hidden))).toBe('reached');
      expect(await networkOf(await run(server, server.client, hidden))).toBe('none');
      const own = { yaml: connectTo(JSON.stringify(join(server.dataDir, 'api.sock'))) };
      expect(await networkOf(await run(server, locally(server), own))).toBe('none');
      expect(await networkOf(await run(server, server.client, own))).toBe('none');
    } finally {
      abstract.close();
    }
  });
});

describe('a server that shows the temporary directory to steps', { timeout: 120_000 }, () => {
  it('keeps the socket of its database from them, and those of this user’s other servers', async () => {
    const tmp = join(directory.path, 't');
    mkdirSync(tmp);
    writeFileSync(join(tmp, 'shown'), 'shown\n');
    const env = { TMPDIR: tmp, MILLRACE_HOST_BINDS: tmp };
    const dataDir = join(directory.path, 'shown');
    const server = await TestServer.start({ dataDir, sandbox: 'oci', env });
    const [socket = ''] = globSync(`${tmp}/**/.s.PGSQL.5432`);
    const other = createServer((client) => client.end()).listen(join(socket, '../../other'));
    try {
      await once(other, 'listening');
      const { id, isolation } = await run(server, server.client, {
        yaml: stepOf(
          `cat ${tmp}/shown; find ${tmp} -type s; perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; print connect($s, pack_sockaddr_un("${socket}")) ? "reached" : "none", "\n"'`,
        ),
      });
      expect(isolation).toBe('standard');
      expect(await server.log(id, 'only')).toEqual(['shown', 'none']);
    } finally {
      other.close();
      await server.stop();
    }
  });
});

describe('a server that listens beyond the machine', { timeout: 60_000 }, () => {
  it('does not run steps as plain processes unless a setting says so', async () => {
    const dataDir = join(directory.path, 'beyond');
    const dev = ['dev', '--data-dir', dataDir, '--listen', '0.0.0.0:0', '--sandbox', 'process'];
    expect(await millrace(dev, { cwd: directory.path })).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/listens beyond loopback.*\[executor\.driver-refused\]/),
    });
    writeFileSync(join(dataDir, 'config.yaml'), 'allow_process_driver: true\n');
    const args = ['--listen', '0.0.0.0:0'];
    const server = await TestServer.start({ dataDir, args });
    expect(await server.stop()).toBe(0);
  });
});
