import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDirectory, millrace, TestServer, writeFiles } from './harness.ts';

const directory = freshDirectory();
const repository = join(directory.path, 'repository');
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start({
    dataDir: `${directory.path}/data`,
    env: { MILLRACE_SOURCE_BYTES_MAX: '1000000' },
  });
});
afterAll(async () => {
  await server.stop();
  directory.remove();
});

const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd: repository,
    encoding: 'utf8',
  }).trim();

describe('a working tree', { timeout: 60_000 }, () => {
  it('is what runs: dirty files, modes and links as they are, nothing that is ignored', async () => {
    writeFiles(repository, {
      '.gitignore': 'ignored\nnode_modules/\n',
      'modified.txt': 'as committed\n',
      'deleted.txt': 'gone\n',
      'deep/er/file.txt': 'deep\n',
      'tool.sh': '#!/bin/sh\necho the tool ran\n',
      ignored: 'never seen\n',
      'node_modules/x/index.js': 'never seen\n',
      '.millrace.yaml': `name: tree
steps:
  - id: look
    cmd: |
      find . -not -type d -not -path './.git/*' | LC_ALL=C sort
      cat modified.txt 'with space "and" ü.txt' link
      ./tool.sh
      readlink link
      stat -c %a tool.sh modified.txt
`,
    });
    git('init', '--quiet');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'first');
    chmodSync(join(repository, 'tool.sh'), 0o755);
    symlinkSync('deep/er/file.txt', join(repository, 'link'));
    symlinkSync('/etc/passwd', join(repository, 'way-out'));
    rmSync(join(repository, 'deleted.txt'));
    writeFiles(repository, {
      'modified.txt': 'as it is now\n',
      'with space "and" ü.txt': 'odd name\n',
    });
    const answer = await millrace(['--data-dir', server.dataDir, 'run', '--json'], {
      cwd: repository,
    });
    expect({ code: answer.code, stderr: answer.stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^left out: way-out: [^\n]+\n$/),
    });
    expect(await server.log('latest', 'look')).toEqual([
      './.gitignore',
      './.millrace.yaml',
      './deep/er/file.txt',
      './link',
      './modified.txt',
      './tool.sh',
      './with space "and" ü.txt',
      'as it is now',
      'odd name',
      'deep',
      'the tool ran',
      'deep/er/file.txt',
      '755',
      '644',
    ]);
  });

  it('that is larger than a source may be is refused in one line', async () => {
    writeFileSync(join(repository, 'large'), Buffer.alloc(1_500_000));
    const answer = await millrace(['--data-dir', server.dataDir, 'run'], { cwd: repository });
    rmSync(join(repository, 'large'));
    expect(answer.code).toBe(2);
    expect(answer.stderr).toMatch(/\[request\.too-large\]/);
    expect(answer.stderr).not.toMatch(/\n\s+at /);
  });

  it('outside of git runs as well', async () => {
    const plain = join(directory.path, 'plain');
    mkdirSync(plain);
    writeFiles(plain, {
      'file.txt': 'plain\n',
      'p.yaml': 'name: plain\nsteps: [{ id: look, cmd: cat file.txt }]\n',
    });
    const answer = await millrace(['--data-dir', server.dataDir, 'run', 'p.yaml'], { cwd: plain });
    expect(answer.code).toBe(0);
    expect(await server.log('latest', 'look')).toEqual(['plain']);
  });
});

describe('a commit', { timeout: 60_000 }, () => {
  const yaml = 'name: commit\nsteps: [{ id: a, cmd: "true" }]';
  const start = (source: object) =>
    server.request('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ yaml, isolation: 'none', source }),
    });
  const codeOf = async (response: Response) =>
    [response.status, ((await response.json()) as { code: string }).code] as const;

  it.each([
    'file:///etc',
    '/etc',
    '../somewhere',
    'ext::sh -c touch% /tmp/pwned',
    '--upload-pack=touch /tmp/pwned',
    'http://127.0.0.1:1/\nHost: x',
    'https://me:secret@example.org/a.git',
  ])('of %j is refused: no path on the server, no option, no program, no password', async (url) => {
    const commit = git('rev-parse', 'HEAD');
    expect(await codeOf(await start({ kind: 'git', url, commit }))).toEqual([
      400,
      'source.invalid',
    ]);
  });

  it.each(['HEAD', 'main', 'abc', '-x', `${'0'.repeat(39)}g`])(
    'named %j is refused: only whole hashes name one',
    async (commit) => {
      const response = await start({ kind: 'git', url: 'https://example.org/a.git', commit });
      expect(await codeOf(response)).toEqual([400, 'request.invalid']);
    },
  );

  it('that cannot be fetched ends the run as the system’s error', async () => {
    const run = await server.run({
      yaml,
      source: { kind: 'git', url: 'http://127.0.0.1:1/a.git', commit: '0'.repeat(40) },
    });
    expect(run).toMatchObject({ outcome: 'error' });
    expect(run.steps[0]).toMatchObject({ outcome: 'error', cause: 'source-failed' });
    expect(run.steps[0]?.attempts[0]?.message).toMatch(/\[source\.fetch-failed\]/);
  });
});

describe('a private repository', { timeout: 60_000 }, () => {
  it('is asked for with what the settings name, and nothing of that is told', async () => {
    const password = 'pa55-of-the-robot';
    const asked: (string | undefined)[] = [];
    const web = createHttpServer(({ headers: { authorization } }, response) => {
      asked.push(authorization);
      response.writeHead(authorization ? 404 : 401, { 'www-authenticate': 'Basic' }).end();
    }).listen(0, '127.0.0.1');
    const greetings: string[] = [];
    const ssh = createServer((socket) => {
      socket.once('data', (bytes) => greetings.push(bytes.toString('latin1')));
      socket.end('SSH-2.0-nobody\r\n');
    }).listen(0, '127.0.0.1');
    await Promise.all([once(web, 'listening'), once(ssh, 'listening')]);
    const portOf = (of: Server) => (of.address() as AddressInfo).port;
    writeFiles(directory.path, {
      credentials: `http://robot:${password}@127.0.0.1:${portOf(web)}\n`,
      'known-hosts': '',
      key: '',
    });
    const other = await TestServer.start({
      dataDir: `${directory.path}/private`,
      env: {
        MILLRACE_GIT_CREDENTIALS_FILE: `${directory.path}/credentials`,
        MILLRACE_GIT_SSH_KEY: `${directory.path}/key`,
        MILLRACE_GIT_KNOWN_HOSTS: `${directory.path}/known-hosts`,
      },
    });
    try {
      const commit = '0'.repeat(40);
      const cmd = 'name: private\nsteps: [{ id: a, cmd: env }]';
      for (const url of [
        `http://127.0.0.1:${portOf(web)}/a.git`,
        `ssh://git@127.0.0.1:${portOf(ssh)}/a.git`,
      ]) {
        const run = await other.run({ yaml: cmd, source: { kind: 'git', url, commit } });
        expect(run.steps[0]?.cause).toBe('source-failed');
      }
      const basic = `Basic ${Buffer.from(`robot:${password}`).toString('base64')}`;
      expect([asked[0], asked[1]]).toEqual([undefined, basic]);
      expect(greetings[0]).toMatch(/^SSH-2\.0-/);
      const events = await other.request('/api/v1/events?limit=1000');
      expect(await events.text()).not.toMatch(/pa55|robot/);
    } finally {
      await other.stop();
      web.close();
      ssh.close();
    }
  });
});

describe('an upload', { timeout: 60_000 }, () => {
  type Entry = Parameters<ReturnType<typeof pack>['entry']>[0];
  const tarOf = async (...entries: readonly Entry[]) => {
    const tar = pack();
    for (const entry of entries) tar.entry(entry, entry.type === undefined ? 'text' : '');
    tar.finalize();
    return buffer(tar);
  };
  const upload = (body: Uint8Array, type = 'application/x-tar') =>
    server.request('/api/v1/sources', {
      method: 'POST',
      headers: { 'content-type': type },
      body: Buffer.from(body),
    });
  const answerOf = async (response: Response) => ({
    status: response.status,
    code: ((await response.json()) as { code?: string }).code,
  });

  it('is named by its digest, the same for the same bytes', async () => {
    const tar = await tarOf({ name: 'a' });
    const [first, second] = [await upload(tar), await upload(tar)];
    expect(first.status).toBe(201);
    expect(await first.json()).toEqual(await second.json());
  });

  it('is one tree, however it was written and sent', async () => {
    const tree = join(directory.path, 'as-tar');
    writeFiles(tree, { 'deep/file.txt': 'sent\n' });
    const tar = execFileSync('tar', ['-C', tree, '-cf', '-', '.']);
    const answers = await Promise.all([
      upload(tar),
      upload(gzipSync(tar)),
      upload(gzipSync(tar), 'application/gzip'),
      upload(zstdCompressSync(tar), 'application/zstd'),
    ]);
    const digests = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { digest: string }).digest),
    );
    expect(new Set(digests).size).toBe(1);
    const run = await server.run({
      yaml: 'name: sent\nsteps: [{ id: look, cmd: cat deep/file.txt }]',
      source: { kind: 'snapshot', digest: digests[0] ?? '' },
    });
    expect(await server.log(run.id, 'look')).toEqual(['sent']);
  });

  it('that is too large once it is unpacked is refused', async () => {
    const bomb = gzipSync(Buffer.concat([await tarOf({ name: 'a' }), Buffer.alloc(50_000_000)]));
    expect(await answerOf(await upload(bomb))).toEqual({ status: 413, code: 'request.too-large' });
  });

  const hostile: readonly (readonly [string, Entry])[] = [
    ['a name that climbs', { name: '../escaped' }],
    ['a name that climbs later', { name: 'a/../../escaped' }],
    ['a link that leaves', { name: 'l', type: 'symlink', linkname: '/etc/passwd' }],
    ['a link that climbs', { name: 'l', type: 'symlink', linkname: '../../etc/passwd' }],
    ['a hard link', { name: 'h', type: 'link', linkname: '/etc/passwd' }],
    ['a device', { name: 'd', type: 'block-device', devmajor: 8, devminor: 0 }],
    ['a FIFO', { name: 'f', type: 'fifo' }],
    ['.git', { name: '.git/config' }],
    ['half of a repository', { name: '.git/millrace.pack' }],
  ];
  it.each(hostile)('with %s is refused', async (_, entry) => {
    expect(await answerOf(await upload(await tarOf({ name: 'a' }, entry)))).toEqual({
      status: 400,
      code: 'source.invalid',
    });
  });

  it('with a file below a link is refused', async () => {
    const tar = await tarOf({ name: 'l', type: 'symlink', linkname: 'd' }, { name: 'l/file' });
    expect(await answerOf(await upload(tar))).toEqual({ status: 400, code: 'source.invalid' });
  });

  it.each([
    ['nothing of a tar', Buffer.alloc(2048, 'x')],
    ['half of one', Buffer.alloc(100, 'x')],
  ])('of %s is refused', async (_, body) => {
    expect(await answerOf(await upload(body))).toEqual({ status: 400, code: 'source.invalid' });
  });

  it('that is cut off in a file is refused', async () => {
    const tar = await tarOf({ name: 'a' });
    expect(await answerOf(await upload(tar.subarray(0, 514)))).toEqual({
      status: 400,
      code: 'source.invalid',
    });
  });

  it('that is too large is refused, and nothing is kept of it', async () => {
    const tar = await tarOf({ name: 'a' });
    const body = Buffer.concat([tar, Buffer.alloc(1_000_000)]);
    expect(await answerOf(await upload(body))).toEqual({ status: 413, code: 'request.too-large' });
  });

  it('of another content type is refused', async () => {
    expect(await answerOf(await upload(await tarOf({ name: 'a' }), 'application/zip'))).toEqual({
      status: 415,
      code: 'request.media-type',
    });
  });

  it('that nobody made is not found', async () => {
    const response = await server.request('/api/v1/runs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        yaml: 'name: a\nsteps: [{ id: a, cmd: "true" }]',
        isolation: 'none',
        source: { kind: 'snapshot', digest: `sha256:${'0'.repeat(64)}` },
      }),
    });
    expect(await answerOf(response)).toEqual({ status: 404, code: 'source.not-found' });
  });
});
