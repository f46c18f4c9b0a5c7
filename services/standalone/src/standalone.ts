import { hostname } from 'node:os';
import type { StopServerHow } from '#libs/api-contract';
import { FsTenantBlobs } from '#libs/blobs';
import type { Config } from '#libs/config';
import { freeBytes, hiddenFromSteps, placeWorkspaces, userState } from '#libs/data-dir';
import { openLog, refuseNewerLog } from '#libs/event-store';
import type { Fault } from '#libs/kernel';
import { FsLogStore } from '#libs/logs';
import { Projector } from '#libs/projections';
import type { SandboxProbe } from '#libs/sandbox';
import type { Logger } from '#libs/telemetry';
import { composeApi, composeGateway, type RequestCounts } from '../../api/src/index.ts';
import { composeExecutor, hasWorkspace } from '../../executor/src/index.ts';
import { composeScheduler } from '../../scheduler/src/index.ts';
import { composeSweeper } from '../../sweeper/src/index.ts';
import { ClosingStack } from './closing-stack.ts';
import type { DataDirectory } from './data-directory.ts';
import { openDatabase } from './database.ts';
import { ProcessLife } from './process-life.ts';
import { systemPorts } from './process-ports.ts';
import { wakeByLog } from './wake-by-log.ts';

export interface Standalone {
  readonly url: string;
  readonly requests: RequestCounts;
  /** Grows with each event of the log. */
  readonly position: number;
  readonly life: ProcessLife;
  /** What runs the steps, the strongest first; empty before it works. */
  readonly drivers: readonly SandboxProbe[];
  /** Closes everything, in the reverse order of its start; steps that still run are ended. Idempotent. */
  stop(): Promise<void>;
  /** Called instead of `stop` if the data directory is gone: ends the steps and the database, and writes nothing. */
  abandon(): Promise<void>;
}

export interface StandaloneOptions {
  readonly config: Config;
  readonly directory: DataDirectory;
  readonly logger: Logger;
  /** Somebody asks over the API that this server end, or it was asked to work and cannot. */
  readonly onStopAsked: (how: StopServerHow) => void;
  /** Something failed that trying again cannot mend: this server is to end. May be called again until it has. */
  readonly onBroken: (fault: Fault) => void;
}

/**
 * All roles in one process: joins their compositions. It answers; nothing is assigned or run before `life.work`.
 *
 * @throws Fault of whatever cannot be opened; nothing is left open then
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const opened = new ClosingStack();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** What all roles work on: the database, the log, and the stores in the data directory. */
async function openShared(options: StandaloneOptions, opened: ClosingStack) {
  const { config, directory, logger } = options;
  const database = await openDatabase(config, directory.root, logger);
  opened.add(() => database.close());
  await refuseNewerLog(database.pool);
  return {
    ...systemPorts,
    config,
    logger,
    database,
    log: openLog({
      pool: database.appendPool,
      ...systemPorts,
      logger,
      onNewer: options.onBroken,
    }),
    pool: database.pool,
    leasePool: database.leasePool,
    logs: new FsLogStore(directory.logs, systemPorts.clock),
    blobs: new FsTenantBlobs(directory.blobs),
    process: `${hostname()}:${process.pid}`,
    adminToken: directory.ensureAdminToken(),
  };
}

async function open(options: StandaloneOptions, opened: ClosingStack): Promise<Standalone> {
  const { config, directory } = options;
  const workspaces = placeWorkspaces({ dataDir: directory.root, ...userState() });
  const shared = await openShared(options, opened);
  const { database, log } = shared;
  const projector = new Projector({ ...shared, ...log });
  await projector.start();
  opened.add(() => projector.stop());
  const gateway = composeGateway(shared);
  const scheduler = composeScheduler(shared);
  const executor = composeExecutor({
    ...shared,
    name: hostname(),
    gateway,
    stateDir: directory.executor,
    workspaces,
    hidden: [...hiddenFromSteps(directory.root, workspaces), ...database.socketDirectories],
  });
  const life = new ProcessLife({
    ...{ scheduler, executor, clock: systemPorts.clock, onEnd: options.onStopAsked },
    drainTimeoutMs: config.drainTimeout,
  });
  const waking = await wakeByLog({ ...shared, ...log }, life);
  opened.add(() => waking.stop());
  // Workspaces may still be where they were before: the executor takes them over when it begins to work.
  const directories = [workspaces.directory, ...workspaces.formerDirectories];
  const api = await composeApi({
    ...shared,
    ...{ projector, gateway, life },
    freeBytes: async () => freeBytes([directory.root, workspaces.directory]),
    isWorkspaceKept: async (runId) => hasWorkspace(directories, runId),
    listen: { listen: config.listen, socketPath: directory.apiSocket },
  });
  opened.add(() => api.close());
  const sweeper = composeSweeper(shared);
  sweeper.start();
  opened.add(() => sweeper.stop());
  opened.add(() => life.stop());
  return {
    url: api.url,
    requests: api.requests,
    get position() {
      return log.tail.position;
    },
    life,
    get drivers() {
      return executor.drivers;
    },
    stop: () => opened.close(),
    abandon: async () => {
      life.refuse();
      await executor.abandon();
      await database.abandon();
    },
  };
}
