import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ApiClient, type ServerFile, serverFileSchema } from '#libs/api-contract';
import type { Config } from '#libs/config';
import { Fault } from '#libs/kernel';

/** The server of a data directory, if one runs there. */
export async function findServer(dataDir: string): Promise<ServerFile | undefined> {
  const text = await readFile(join(resolve(dataDir), 'server.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = serverFileSchema.safeParse(safeJson(text));
  if (!parsed.success || !isAlive(parsed.data.pid)) return undefined;
  return parsed.data;
}

/**
 * The client for the server that the settings mean: `--server`, else the one of the data directory.
 *
 * @throws Fault `server.unreachable` where none runs
 */
export async function connect(config: Config): Promise<ApiClient> {
  if (config.server !== undefined)
    return new ApiClient(config.server.replace(/\/+$/, ''), await readToken(config));
  const server = await findServer(config.dataDir);
  if (!server) {
    throw new Fault(
      'server.unreachable',
      'backoff',
      `no server runs in ${resolve(config.dataDir)}`,
    );
  }
  return new ApiClient(server.url, await readToken(config));
}

export async function readToken(config: Config): Promise<string> {
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
