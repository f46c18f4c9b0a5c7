import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ApiClient, type ClientOptions } from '#libs/api-client';
import { type ServerFile, serverFileSchema } from '#libs/api-contract';
import type { Config } from '#libs/config';
import { openOwnDirectory, processIdentity, requireOurs, socketFetch } from '#libs/data-dir';
import { Fault } from '#libs/kernel';

/**
 * The server of a data directory, if one runs there: the process that wrote `server.json`, not a later one with the same pid.
 *
 * @throws Fault `data-dir.not-ours`, `data-dir.not-private` if somebody else could have written it; `data-dir.forbidden`
 */
export async function findServer(dataDir: string): Promise<ServerFile | undefined> {
  const text = readOwn(dataDir, 'server.json');
  if (text === undefined) return undefined;
  const { data: file } = serverFileSchema.safeParse(safeJson(text));
  return file && processIdentity(file.pid) === file.identity ? file : undefined;
}

/** Whether a server was killed: its file is still there. */
export function isServerFileLeft(dataDir: string): boolean {
  return existsSync(join(resolve(dataDir), 'server.json'));
}

/**
 * The client for the server that the settings mean: `--server`, else the one of the data directory.
 *
 * @throws Fault `server.unreachable` if none runs
 */
export async function connect(config: Config): Promise<ApiClient> {
  if (config.server !== undefined)
    return new ApiClient(config.server.replace(/\/+$/, ''), { token: await readToken(config) });
  const server = await findServer(config.dataDir);
  if (!server) {
    throw new Fault(
      'server.unreachable',
      'backoff',
      `no server runs in ${resolve(config.dataDir)}`,
    );
  }
  return localClient(config, server);
}

/**
 * The client for the server of the data directory, over the socket in it: who can connect there is the administrator, so no
 * token is needed; one that is set is sent. The address in `server.json` is only shown: another program may have its port by now.
 */
export function localClient(
  config: Config,
  server: ServerFile,
  options: Pick<ClientOptions, 'relocate'> = {},
): ApiClient {
  const { dataDir, token } = config;
  const transport = socketFetch(dataDir);
  return new ApiClient(server.url, {
    transport,
    ...(token === undefined ? {} : { token }),
    ...options,
  });
}

/** The token for a server that `--server` names. */
async function readToken(config: Config): Promise<string> {
  if (config.token !== undefined) return config.token;
  const path = join(resolve(config.dataDir), 'admin-token');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault(
      'request.unauthorized',
      'never',
      `no token: ${path} cannot be read and MILLRACE_TOKEN is not set`,
      { cause },
    );
  });
  return text.trim();
}

function readOwn(dataDir: string, name: string): string | undefined {
  try {
    requireOurs(dataDir);
    const directory = openOwnDirectory(dataDir);
    try {
      return readFileSync(directory.at(name), 'utf8');
    } finally {
      directory.close();
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new Fault(
        'data-dir.forbidden',
        'never',
        `${resolve(dataDir)} is not readable by this user, so nobody knows whether a server runs in it`,
        { cause: error },
      );
    return undefined;
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
