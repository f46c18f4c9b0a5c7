import { resolve } from 'node:path';
import { type ApiClient, ProblemError } from '#libs/api-client';
import { type ServerFile, serverOperations, serverProtocol } from '#libs/api-contract';
import { type Config, type LayeredConfig, settingName, unmetSettings } from '#libs/config';
import { dataDirHolder, foreseeDatabase, hasUsedDatabase } from '#libs/data-dir';
import { type ErrorCode, Fault } from '#libs/kernel';
import { thisBuild } from '#libs/telemetry';
import { isOlder } from './compare-builds.ts';
import { askToEnd, untilEnded } from './end-server.ts';
import { NothingRanError } from './exit-codes.ts';
import { startInBackground } from './local-server.ts';
import { connect, findServer, isServerFileLeft, localClient } from './server-connection.ts';

export interface ServerWish {
  /** Start one even if the data directory holds no state. */
  readonly always: boolean;
  /** The error code if nothing has run in the data directory. */
  readonly missing: ErrorCode;
  /** The server must assign and run steps. If false, one at rest will do, so that reading changes nothing. */
  readonly works: boolean;
}

type Note = (text: string) => void;

interface Search extends ServerWish {
  readonly settings: LayeredConfig;
  readonly note: Note;
}

/** How long another process may hold the data directory without answering, in milliseconds: it is starting, or ending. */
const contendedMs = 90_000;
const lookMs = 50;

/**
 * The server that the settings mean. If none runs in the data directory and it holds state (or `always` is said), one is
 * started in the background.
 *
 * @throws NothingRanError if there is neither a server nor state; Fault `data-dir.no-database` if its database is gone or
 *   nobody names it now; `server.incompatible`
 */
export async function useServer(
  settings: LayeredConfig,
  wish: ServerWish,
  note: Note,
): Promise<ApiClient> {
  const { config } = settings;
  if (config.server !== undefined) return connect(config);
  if (!wish.always && (await isUnused(config)))
    throw new NothingRanError(config.dataDir, wish.missing);
  const search = { ...wish, settings, note };
  const server = await findOrStart(search);
  return localClient(config, server, {
    relocate: async (error) => (await findAgain(search, server, error)).url,
  });
}

/** Whether nothing has run under these settings: no server, no state of one, and no named database that may have some. */
export async function isUnused(config: Config): Promise<boolean> {
  if (config.server !== undefined || config.db !== undefined) return false;
  return !(await isServed(config)) && !hasUsedDatabase(resolve(config.dataDir));
}

/** Whether a server runs or starts. */
export async function isServed({ dataDir }: Config): Promise<boolean> {
  return (await findServer(dataDir)) !== undefined || dataDirHolder(resolve(dataDir)) !== undefined;
}

/**
 * The server after the first one was lost. A server in the background that was killed is replaced; one that ended because somebody
 * wanted that is not, and neither is one of `dev`: its user starts it again.
 */
async function findAgain(search: Search, lost: ServerFile, error: unknown): Promise<ServerFile> {
  const { dataDir } = search.settings.config;
  const isDraining = error instanceof ProblemError && error.problem.code === 'server.draining';
  const found = await findServer(dataDir);
  if (found !== undefined && !isDraining) return found;
  if (isDraining || (lost.mode === 'background' && isServerFileLeft(dataDir)))
    return findOrStart(search);
  throw new Fault('server.unreachable', 'backoff', `the server in ${resolve(dataDir)} has ended`);
}

/** Concurrent commands share one server: one starts it, the others wait for it. */
async function findOrStart(search: Search): Promise<ServerFile> {
  const { dataDir } = search.settings.config;
  let deadline = performance.now() + contendedMs;
  for (;;) {
    const found = await findServer(dataDir);
    if (found !== undefined) {
      if (await canServe(found, search)) return found;
      // The wait for the former holder of the data directory is over; the next one gets a whole term.
      if ((await findServer(dataDir))?.pid !== found.pid)
        deadline = performance.now() + contendedMs;
    } else if (dataDirHolder(resolve(dataDir)) === undefined) {
      const change = foreseeDatabase(resolve(dataDir), search.settings.config.db);
      if (change !== undefined) search.note(change);
      try {
        return await startInBackground(search.settings, search);
      } catch (error) {
        // Another command was faster.
        if (!(error instanceof Fault && error.code === 'data-dir.in-use')) throw error;
      }
    }
    if (performance.now() > deadline) throw unanswered(dataDir);
    await new Promise((done) => setTimeout(done, lookMs));
  }
}

function unanswered(dataDir: string): Fault {
  const holder = dataDirHolder(resolve(dataDir));
  const message = `process ${holder ?? '?'} uses ${resolve(dataDir)} and does not answer`;
  return new Fault('data-dir.in-use', 'never', message);
}

/**
 * Whether a server can do what is wished. If not, a server that makes way or is ending is gone when this returns.
 *
 * @throws Fault `server.incompatible`
 */
async function canServe(server: ServerFile, search: Search): Promise<boolean> {
  const { config } = search.settings;
  if (server.mode === 'background' && (await endIfUnfit(server, search))) return false;
  if (server.protocol !== serverProtocol)
    throw new Fault(
      'server.incompatible',
      'never',
      `the server (pid ${server.pid}) is of version ${server.version}, this command is of ${thisBuild.version}`,
    );
  if (!search.works) return true;
  try {
    await localClient(config, server).call(serverOperations.beginWork);
    return true;
  } catch (error) {
    const code = error instanceof ProblemError ? error.problem.code : undefined;
    if (code === undefined) return false;
    if (code !== 'server.draining') throw error;
    search.note(
      `the server (pid ${server.pid}) is shutting down; this waits until it has ended, then starts a new one`,
    );
    await untilEnded(config, server);
    return false;
  }
}

/**
 * Ends a server in the background that is older than this command, or works by other settings than it asks for, if the server is idle.
 * Settings count only for a command that runs something: what a command reads does not depend on them.
 *
 * @returns whether the server has ended; a busy one stays, and a note says so
 */
async function endIfUnfit(server: ServerFile, search: Search): Promise<boolean> {
  const { settings, note } = search;
  const isOutdated = isOlder(server, thisBuild);
  const unmet = search.works ? unmetSettings(settings, server.settings).map(settingName) : [];
  if (!isOutdated && unmet.length === 0) return false;
  const answer = await askToEnd(settings.config, server, 'if-idle');
  if (answer !== 'busy') {
    await untilEnded(settings.config, server);
    // Two shells with different settings would end each other's server, so the reason is told.
    if (unmet.length > 0)
      note(`the idle server (pid ${server.pid}) is replaced: other settings (${unmet.join(', ')})`);
    return true;
  }
  const why = isOutdated
    ? `is of version ${server.version}${server.version === thisBuild.version ? ' (an earlier build)' : ''}`
    : `works by other settings (${unmet.join(', ')})`;
  note(
    `the server (pid ${server.pid}) ${why} and is in use, so it stays; \`millrace stop\` ends it`,
  );
  return false;
}
