import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ApiClient, operations, type ServerFile, workPath } from '#libs/api-contract';
import type { Config } from '#libs/config';
import { socketFetch } from '#libs/data-dir';
import { Fault } from '#libs/kernel';
import { type LocalServer, startLocalServer } from './local-server.ts';
import { connect, findServer, localClient } from './server-connection.ts';

export interface ServerWish {
  /** The server's own flags, where one has to be started. */
  readonly args: readonly string[];
  /** Start one even where the data directory holds no state. */
  readonly always: boolean;
  /** It must assign and run; else one that only answers will do, so that reading writes nothing and runs nothing. */
  readonly works: boolean;
}

let borrowed: LocalServer | undefined;

/** How long another server may hold the data directory without answering: it starts, or it ends. */
const contendedMs = 30_000;
const lookMs = 50;

/**
 * The server that the settings mean. Where none runs in the data directory and it holds state (or `always` is said), one is
 * started for as long as this command runs, or longer where others have come to use it.
 *
 * @throws Fault `server.unreachable` where there is neither a server nor state
 */
export async function useServer(
  config: Config,
  wish: ServerWish,
): Promise<{ readonly client: ApiClient; readonly started?: LocalServer }> {
  if (config.server !== undefined) return { client: await connect(config) };
  const mayStart = wish.always || (await holdsState(config.dataDir));
  if (!mayStart && (await findServer(config.dataDir)) === undefined)
    return { client: await connect(config) };
  const server = await findOrStart(config, wish);
  const relocate = async () => {
    // Who runs a lasting server starts it again; nobody else does that.
    if (server.mode === 'lasting') return (await findServer(config.dataDir))?.url ?? server.url;
    return (await findOrStart(config, wish)).url;
  };
  const client = localClient(config, server, { relocate });
  return { client, ...(borrowed ? { started: borrowed } : {}) };
}

/** Ends the server that was started for this command, if one was, unless others use it. Idempotent. */
export async function returnServer(): Promise<'ended' | 'staying'> {
  const end = await borrowed?.stop();
  borrowed = undefined;
  return end ?? 'ended';
}

/** Several commands may want this at once: one starts a server, the others wait and use it. */
async function findOrStart(config: Config, wish: ServerWish): Promise<ServerFile> {
  const deadline = performance.now() + contendedMs;
  for (;;) {
    const found = await findServer(config.dataDir);
    if (found && (await serves(found, config, wish))) return found;
    try {
      const args = wish.works ? wish.args : [...wish.args, '--at-rest'];
      borrowed = await startLocalServer(config.dataDir, args);
      return borrowed;
    } catch (error) {
      const isContended = error instanceof Fault && error.code === 'data-dir.in-use';
      if (!isContended || performance.now() > deadline) throw error;
    }
    await new Promise((done) => setTimeout(done, lookMs));
  }
}

/** Whether it is really there; one that only answers so far is asked to work where that is wished for. */
async function serves(server: ServerFile, config: Config, wish: ServerWish): Promise<boolean> {
  if (server.mode === 'lasting') return true;
  const call = socketFetch(config.dataDir);
  const request = wish.works
    ? call(server.url + workPath, { method: 'POST' })
    : call(server.url + operations.livez.path);
  return request.then(
    ({ ok }) => ok,
    () => false,
  );
}

async function holdsState(dataDir: string): Promise<boolean> {
  return access(join(resolve(dataDir), 'pg')).then(
    () => true,
    () => false,
  );
}
