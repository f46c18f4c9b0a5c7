import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitIn } from '#libs/testkit';
import { accessArguments, type GitAccess } from './git-access.ts';
import { checkOut } from './git-source.ts';

let root = '';
let commit = '';
const servers: Server[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-private-'));
  const repository = join(root, 'repository');
  mkdirSync(repository);
  const git = (...args: readonly string[]) => gitIn(repository, ...args);
  git('init', '--quiet', '-b', 'main');
  writeFileSync(join(repository, 'private.txt'), 'private\n');
  git('add', '-A');
  git('commit', '--quiet', '-m', 'one');
  commit = git('rev-parse', 'HEAD');
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(root, { recursive: true, force: true });
});

const take = (url: string, access: GitAccess) =>
  checkOut({ url, commit }, join(root, 'target'), {
    abort: new AbortController().signal,
    allowsFiles: false,
    access,
  });

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}

describe('a repository that asks for a password', () => {
  const password = 'pa55-word';

  /** What servers were sent as passwords. */
  const seen: string[] = [];
  beforeEach(() => void seen.splice(0));

  /** git's own server behind basic authentication. @returns its port */
  async function serve(): Promise<number> {
    const server = createHttpServer(async (request, response) => {
      const sent = request.headers.authorization?.replace('Basic ', '') ?? '';
      if (sent !== '') seen.push(Buffer.from(sent, 'base64').toString());
      if (Buffer.from(sent, 'base64').toString() !== `robot:${password}`) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        return;
      }
      const { head, body } = await backend(request);
      const lines = head.split('\r\n').filter((line) => line !== '');
      for (const line of lines) {
        const [name = '', value = ''] = line.split(': ');
        if (name !== 'Status') response.setHeader(name, value);
      }
      response.end(body);
    });
    return listening(server);
  }

  async function backend(request: IncomingMessage) {
    const [path = '', query = ''] = (request.url ?? '').split('?');
    const { stdout } = spawnSync('git', ['http-backend'], {
      input: Buffer.from(await text(request), 'latin1'),
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: '/usr/bin:/bin',
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        REQUEST_METHOD: request.method,
        PATH_INFO: path,
        QUERY_STRING: query,
        CONTENT_TYPE: request.headers['content-type'],
        GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
      },
    });
    const at = stdout.indexOf('\r\n\r\n');
    return { head: stdout.subarray(0, at).toString(), body: stdout.subarray(at + 4) };
  }

  function credentials(port: number, word = password): string {
    const path = join(root, "robot's credentials");
    writeFileSync(path, `http://robot:${word}@127.0.0.1:${port}\n`, { mode: 0o600 });
    return path;
  }

  it('is reached with the file of a setting, and nothing of it comes into the workspace', async () => {
    const port = await serve();
    const credentialsFile = credentials(port);
    await take(`http://127.0.0.1:${port}/repository/.git`, { credentialsFile });
    expect(readFileSync(join(root, 'target/private.txt'), 'utf8')).toBe('private\n');
    const leaking = filesBelow(join(root, 'target')).filter((path) =>
      /pa55|robot|credential/.test(readFileSync(path, 'latin1')),
    );
    expect(leaking).toEqual([]);
    expect(accessArguments({ credentialsFile }).join(' ')).not.toContain('pa55');
  });

  const lines = (port: number, ...texts: readonly string[]) => {
    const credentialsFile = join(root, 'credentials');
    const places = texts.map((text) =>
      text.replace('HOST', `127.0.0.1:${port}`).replace('OLD', `127.0.0.1%3a${port}`),
    );
    writeFileSync(credentialsFile, `${places.join('\n')}\n`);
    return { credentialsFile };
  };

  it.each([
    ['of its own path', ['http://robot:pa55-word@HOST/repository/.git']],
    ['of a path above', ['http://no:body@HOST/other', 'http://robot:pa55-word@HOST/repository/']],
    ['of the nearest path', ['http://no:body@HOST', 'http://robot:pa55-word@HOST/repository']],
    ['of the host', ['http://no:body@HOST/other', 'http://robot:pa55-word@HOST']],
    ['that comes first', ['http://robot:pa55-word@HOST', 'http://no:body@HOST']],
    ['with a port as an old git wrote it', ['http://robot:pa55%2dword@OLD']],
  ])('gets the line %s', async (_, texts) => {
    const port = await serve();
    const access = lines(port, ...texts);
    await take(`http://127.0.0.1:${port}/repository/.git`, access);
    expect(new Set(seen)).toEqual(new Set([`robot:${password}`]));
  });

  it.each([
    'http://robot:pa55-word@HOST/other',
    'http://robot:pa55-word@HOST/repo',
    'http://robot:pa55-word@HOST/repository/.git/x',
    'https://robot:pa55-word@HOST',
    'http://robot:pa55-word@127.0.0.1',
    'http://robot:pa55-word@*',
    'http://robot:pa55-word@HOST/*',
    'http://robot:pa55-word@HOST/repositor.',
  ])('gets nothing of a line for another place: %s', async (text) => {
    const port = await serve();
    const refused = take(`http://127.0.0.1:${port}/repository/.git`, lines(port, text));
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/could not read Username.*git_credentials_file/),
    });
    expect(seen).toEqual([]);
  });

  it('gets nothing for the way by a server that leads to it', async () => {
    const port = await serve();
    const other = await listening(
      createHttpServer((request, response) => {
        response.writeHead(302, { location: `http://127.0.0.1:${port}${request.url}` }).end();
      }),
    );
    const url = `http://127.0.0.1:${other}/repository/.git`;
    await expect(take(url, lines(other, 'http://robot:pa55-word@HOST'))).rejects.toThrow();
    expect(seen).toEqual([]);
  });

  it('is refused with the setting where the file is too long for the calls of git', async () => {
    const credentials = join(root, 'many');
    const lines = (count: number) =>
      Array.from({ length: count }, (_, at) => `https://u:p@host-${at}.example/a\n`).join('');
    writeFileSync(credentials, lines(201));
    await expect(
      take('http://127.0.0.1:1/a', { credentialsFile: credentials }),
    ).rejects.toMatchObject({
      code: 'source.fetch-failed',
      message: expect.stringMatching(/git_credentials_file names 201 places, and may name 200/),
    });
  });

  it('says without the file which setting there is', async () => {
    const port = await serve();
    await expect(take(`http://127.0.0.1:${port}/repository/.git`, {})).rejects.toMatchObject({
      code: 'source.fetch-failed',
      message: expect.stringMatching(/git_credentials_file/),
    });
  });

  it('that refuses the password leaves the file as it is', async () => {
    const port = await serve();
    const credentialsFile = credentials(port, 'old-0ne');
    const before = readFileSync(credentialsFile, 'utf8');
    const refused = take(`http://127.0.0.1:${port}/repository/.git`, { credentialsFile });
    await expect(refused).rejects.toMatchObject({
      message: expect.not.stringContaining('old-0ne'),
    });
    expect(readFileSync(credentialsFile, 'utf8')).toBe(before);
  });
});

describe('a repository behind ssh', () => {
  const user = userInfo().username;

  function makeKey(name: string): string {
    const path = join(root, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
    return path;
  }

  /** A real sshd per connection, with keys of its own. */
  async function serve() {
    const [hostKey, sshKey] = [makeKey('host key'), makeKey('robot key')];
    writeFileSync(
      join(root, 'sshd_config'),
      [
        `HostKey "${hostKey}"`,
        `AuthorizedKeysFile ${root}/authorized_keys`,
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'PermitRootLogin prohibit-password',
        'PidFile none',
      ].join('\n'),
    );
    writeFileSync(join(root, 'authorized_keys'), readFileSync(`${sshKey}.pub`));
    // Where Debian's sshd, as root, puts its helper; a service would have made it.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const port = await listening(
      createServer((socket) => {
        const sshd = spawn('/usr/sbin/sshd', ['-i', '-f', join(root, 'sshd_config')], {
          stdio: [socket, socket, 'ignore'],
        });
        sshd.once('exit', () => socket.destroy());
      }),
    );
    const knownHosts = join(root, 'known hosts');
    const key = readFileSync(`${hostKey}.pub`, 'utf8');
    writeFileSync(knownHosts, `[127.0.0.1]:${port} ${key}`);
    const url = `ssh://${user}@127.0.0.1:${port}${root}/repository`;
    return { url, sshKey, knownHosts };
  }

  it('is reached with the key and the hosts of the settings', async () => {
    const { url, ...access } = await serve();
    await take(url, access);
    expect(readFileSync(join(root, 'target/private.txt'), 'utf8')).toBe('private\n');
    const config = readFileSync(join(root, 'target/.git/config'), 'utf8');
    expect(config).not.toMatch(/sshCommand|IdentityFile|BatchMode|id_/i);
  });

  it('whose host is not known is not spoken to', async () => {
    const { url, sshKey } = await serve();
    const knownHosts = join(root, 'nobody');
    writeFileSync(knownHosts, '');
    await expect(take(url, { sshKey, knownHosts })).rejects.toMatchObject({
      message: expect.stringMatching(/Host key verification failed.*git_known_hosts/),
    });
  });

  it('that does not know the key names the setting', async () => {
    const { url, knownHosts } = await serve();
    await expect(take(url, { sshKey: makeKey('other'), knownHosts })).rejects.toMatchObject({
      message: expect.stringMatching(/Permission denied.*git_ssh_key/),
    });
  });

  it.each([[{}], [{ sshKey: '/a' }], [{ knownHosts: '/a' }]])(
    'is not tried with %j',
    async (access) => {
      await expect(take('ssh://git@127.0.0.1:1/x', access)).rejects.toMatchObject({
        message: expect.stringMatching(/git_ssh_key and git_known_hosts/),
      });
      expect(existsSync(join(root, 'target'))).toBe(false);
    },
  );

  it('is asked for with nothing of the account: no file of settings, no key, no agent, no host but the named', () => {
    const [, setting = ''] = accessArguments({ sshKey: '/k/robot key', knownHosts: '/k/hosts' });
    expect(setting).toMatch(/^core\.sshCommand=ssh -F \/dev\/null -o/);
    const command = setting.replace('core.sshCommand=ssh', 'ssh -G');
    const words = execFileSync('sh', ['-c', `${command} git@example.org`], { encoding: 'utf8' });
    const found = (name: string) => words.split('\n').filter((line) => line.startsWith(`${name} `));
    expect(found('identityfile')).toEqual(['identityfile /k/robot key']);
    expect(found('identitiesonly')).toEqual(['identitiesonly yes']);
    expect(found('identityagent')).toEqual(['identityagent none']);
    expect(found('userknownhostsfile')).toEqual(['userknownhostsfile /k/hosts']);
    expect(found('globalknownhostsfile')).toEqual(['globalknownhostsfile /dev/null']);
    expect(found('proxycommand')).toEqual([]);
    expect(found('batchmode')).toEqual(['batchmode yes']);
  });
});
