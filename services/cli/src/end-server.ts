import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, ProblemError } from '#libs/api-client';
import {
  type ServerFile,
  type ServerState,
  type StopServerHow,
  serverOperations,
} from '#libs/api-contract';
import type { Config } from '#libs/config';
import { processIdentity } from '#libs/data-dir';
import { Fault } from '#libs/kernel';
import { localClient } from './server-connection.ts';

const lookMs = 50;
/** How often the server is asked which steps it waits for, in milliseconds. */
const askMs = 250;
/** How long a server may take after its drain, in milliseconds: it ends itself after 60 s. */
const endMs = 65_000;

/**
 * Tells a server to end. One that does not answer any more gets a signal, if its process is still the one that wrote server.json.
 *
 * @returns its state, if it answers; `busy` if it was to end only if idle, and is not
 */
export async function askToEnd(
  config: Config,
  server: ServerFile,
  how: StopServerHow,
): Promise<ServerState | 'told' | 'busy'> {
  try {
    const client = localClient(config, server);
    return await client.call(serverOperations.stopServer, { body: { how } });
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === 'server.busy') return 'busy';
    // It has ended, or its version lacks this operation.
    if (how === 'if-idle') return isThere(server) ? 'busy' : 'told';
    if (isThere(server)) process.kill(server.pid, 'SIGTERM');
    return 'told';
  }
}

/**
 * The state of a server when its drain is over. Undefined if it never answers: it was killed, or its version lacks this
 * operation.
 */
async function lastWords(client: ApiClient, server: ServerFile): Promise<ServerState | undefined> {
  while (isThere(server)) {
    try {
      return await client.call(serverOperations.drainedServer);
    } catch (error) {
      if (error instanceof ProblemError) return undefined;
      // A drain may take longer than a connection is held.
      await delay(askMs);
    }
  }
  return undefined;
}

/**
 * Waits until the process is gone.
 *
 * @param tell  gets each state on the way
 * @returns its state after the drain, if it told it
 * @throws Fault `server.error` if it does not end
 */
export async function untilEnded(
  config: Config,
  server: ServerFile,
  tell: (state: ServerState) => void = () => {},
): Promise<ServerState | undefined> {
  const client = localClient(config, server);
  const last = lastWords(client, server);
  let deadline = performance.now() + endMs + config.drainTimeout;
  for (let askedMs = Number.NEGATIVE_INFINITY; isThere(server); await delay(lookMs)) {
    if (performance.now() > deadline)
      throw new Fault('server.error', 'never', `process ${server.pid} does not end`);
    if (performance.now() - askedMs < askMs) continue;
    askedMs = performance.now();
    const state = await client.call(serverOperations.serverState).catch(() => undefined);
    if (state === undefined) continue;
    tell(state);
    // Its drain may be longer than ours would be.
    if (state.drainLeftMs !== null) deadline = performance.now() + state.drainLeftMs + endMs;
  }
  return last;
}

function isThere({ pid, identity }: ServerFile): boolean {
  return processIdentity(pid) === identity;
}
