import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ApiClient } from '#libs/api-contract';
import type { Config } from '#libs/config';
import { type LocalServer, startLocalServer } from './local-server.ts';
import { connect, findServer, readToken } from './server-connection.ts';

let borrowed: LocalServer | undefined;

/**
 * The server that the settings mean. Where none runs in the data directory and it holds state (or `always` is said), one is
 * started for as long as this command runs.
 *
 * @throws Fault `server.unreachable` where there is neither a server nor state
 */
export async function useServer(
  config: Config,
  args: readonly string[],
  options: { readonly always: boolean },
): Promise<{ readonly client: ApiClient; readonly started?: LocalServer }> {
  const isThere = config.server !== undefined || (await findServer(config.dataDir)) !== undefined;
  if (isThere || !(options.always || (await holdsState(config.dataDir))))
    return { client: await connect(config) };
  borrowed ??= await startLocalServer(config.dataDir, args);
  return { client: new ApiClient(borrowed.url, await readToken(config)), started: borrowed };
}

/** Ends the server that was started for this command, if one was. Idempotent. */
export async function returnServer(): Promise<void> {
  await borrowed?.stop();
  borrowed = undefined;
}

async function holdsState(dataDir: string): Promise<boolean> {
  return access(join(resolve(dataDir), 'pg')).then(
    () => true,
    () => false,
  );
}
